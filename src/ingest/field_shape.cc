#include "ingest/field_shape.h"

#include <algorithm>
#include <cstring>

#include "sluice/base/hash.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kNameBytesMax = 1000;
// Lines leave fields out more often than they change their order.
constexpr std::uint32_t kNeighboursTried = 8;

// A name that means itself wherever a field may begin.
bool is_plain(std::string_view name) {
    return !name.empty() && name.size() <= kNameBytesMax && name != "time" && name[0] != '\t' &&
           name[0] != '\0' && name.find_first_of("\\\", =\n") == std::string_view::npos;
}

}  // namespace

void FieldShape::learn(const std::vector<FieldText>& line) {
    std::uint32_t previous = kNone;
    for (const FieldText& field : line) {
        if (!is_plain(field.name)) {
            previous = kNone;
            continue;
        }
        const char* text = field.name.data();
        std::uint32_t at = find(text, text + field.name.size() + 1, previous);
        if (at == kNone) {
            if (fields.size() == kFieldsMax) return;
            at = add(field.name);
        }
        if (previous != kNone) {
            fields[previous].next = at;
        } else if (&field == &line.front()) {
            first = at;
        }
        previous = at;
    }
}

std::uint32_t FieldShape::add(std::string_view name) {
    ShapeField field;
    field.size = static_cast<std::uint32_t>(name.size() + 1);
    char* bytes = text_.allocate(field.size);
    std::memcpy(bytes, name.data(), name.size());
    bytes[name.size()] = '=';
    field.bytes = bytes;
    const std::uint32_t head = std::min(field.size, ShapeField::kHeadBytes);
    std::memcpy(field.head, bytes, head);
    field.head_mask = head == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << head) - 1;
    const auto at = static_cast<std::uint32_t>(fields.size());
    fields.push_back(field);
    if (fields.size() > kNeighboursTried) {
        for (std::size_t i = places_.size(); i <= at; ++i) {
            places_.add(hash_bytes(fields[i].name()), static_cast<std::uint32_t>(i));
        }
    }
    return at;
}

std::uint32_t FieldShape::find(const char* text, const char* end, std::uint32_t previous) const {
    const auto count = static_cast<std::uint32_t>(fields.size());
    std::uint32_t at = previous == kNone ? 0 : previous + 1;
    for (std::uint32_t tried = 0; tried < std::min(count, kNeighboursTried); ++tried, ++at) {
        if (at >= count) at = 0;
        const ShapeField& field = fields[at];
        if (field.size <= static_cast<std::size_t>(end - text) && field.bytes[0] == text[0] &&
            std::memcmp(field.bytes, text, field.size) == 0) {
            return at;
        }
    }
    if (count <= kNeighboursTried) return kNone;
    // No name of a shape has an equals sign in it.
    const std::size_t searched = std::min<std::size_t>(end - text, kNameBytesMax + 1);
    const void* equals = std::memchr(text, '=', searched);
    if (equals == nullptr) return kNone;
    const std::string_view name(text, static_cast<const char*>(equals));
    return places_.find(hash_bytes(name),
                        [&](std::uint32_t place) { return fields[place].name() == name; });
}

void FieldShape::use_table(model::BatchTable& chosen, std::uint64_t request_number) {
    table = &chosen;
    request = request_number;
    for (ShapeField& field : fields) field.column = ShapeField::kNoColumn;
}

ShapeField& FieldShape::resolve(std::uint32_t at, model::FieldType type) {
    ShapeField& field = fields[at];
    const model::BatchColumn& column = table->column(field.name(), type);
    field.column = static_cast<std::uint32_t>(&column - table->columns.data());
    field.type = type;
    return field;
}

// Two measurements met in one slot. More slots part them, unless their numbers differ in high bits
// only.
void FieldShapes::grow() {
    std::vector<std::unique_ptr<FieldShape>> old(slots_.size() * 2);
    old.swap(slots_);
    for (std::unique_ptr<FieldShape>& each : old) {
        if (each != nullptr) slots_[place_of(each->measurement())] = std::move(each);
    }
}

void FieldShapes::learn(model::MeasurementId measurement, const PointText& point, bool is_known) {
    if (fields_ > kFieldsMax) {
        slots_ = std::vector<std::unique_ptr<FieldShape>>(kSlotsMin);
        fields_ = 0;
    }
    FieldShape* shape = find(measurement);
    // Another index may give the number to another measurement.
    if (shape == nullptr || !shape->is_spelled(point.measurement)) {
        const bool is_taken = shape == nullptr && slots_[place_of(measurement)] != nullptr;
        if (is_taken && is_known && slots_.size() < kSlotsMax) grow();
        std::unique_ptr<FieldShape>& slot = slots_[place_of(measurement)];
        if (slot != nullptr) fields_ -= slot->fields.size();
        slot = std::make_unique<FieldShape>(measurement, point.measurement);
        shape = slot.get();
    }
    const std::size_t before = shape->fields.size();
    shape->learn(point.fields);
    fields_ += shape->fields.size() - before;
}

}  // namespace sluice::ingest
