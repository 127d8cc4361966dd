// What the lines of one measurement have looked like: which field names there are and which one
// tends to follow which. Only ever a guess that the fast path checks against the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/point_text.h"
#include "sluice/base/arena.h"
#include "sluice/base/place_table.h"
#include "sluice/model/point_batch.h"

namespace sluice::ingest {

struct ShapeField {
    // One vector register of the widest common kind.
    static constexpr std::uint32_t kHeadBytes = 32;
    static constexpr std::uint32_t kNoColumn = ~std::uint32_t{0};

    // The first bytes of `name=`, zeros behind it.
    alignas(kHeadBytes) char head[kHeadBytes] = {};
    // A bit for each byte of `head` that counts.
    std::uint32_t head_mask = 0;
    std::uint32_t size = 0;  // of `name=`
    const char* bytes = nullptr;
    std::uint32_t next = 0;
    // Where the last value went: in the shape's table, of this type.
    std::uint32_t column = kNoColumn;
    model::FieldType type = model::FieldType::kFloat;

    std::string_view name() const { return {bytes, size - 1}; }
};

class FieldShape {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    // Wider tables are read by the careful path.
    static constexpr std::size_t kFieldsMax = 4096;

    FieldShape(model::MeasurementId measurement, std::string_view measurement_text)
        : measurement_(measurement), measurement_text_(measurement_text) {}

    model::MeasurementId measurement() const { return measurement_; }
    // Whether `key`, without backslashes, belongs to the measurement as it was spelled.
    bool owns(std::string_view key) const {
        const std::size_t size = measurement_text_.size();
        return key.size() >= size && key.substr(0, size) == measurement_text_ &&
               (key.size() == size || key[size] == ',');
    }

    bool is_spelled(std::string_view measurement_text) const {
        return measurement_text_ == measurement_text;
    }

    // Adds what is new and expects this order next time. Names that need care are left out.
    void learn(const std::vector<FieldText>& fields);

    // The field whose `name=` stands at `text`, or kNone. The neighbours of `previous` are tried
    // first.
    std::uint32_t find(const char* text, const char* end, std::uint32_t previous) const;

    std::vector<ShapeField> fields;
    std::uint32_t first = 0;

    // The table of the request at hand that last took a row, and its columns in `fields`.
    model::BatchTable* table = nullptr;
    std::uint64_t request = 0;
    void use_table(model::BatchTable& chosen, std::uint64_t request_number);
    ShapeField& resolve(std::uint32_t field, model::FieldType type);

private:
    std::uint32_t add(std::string_view name);

    model::MeasurementId measurement_;
    std::string measurement_text_;
    Arena text_{1024};
    PlaceTable places_;  // of the fields, by name, where they are more than neighbours
};

// The shapes of the measurements met lately, in bounded memory: as many as clients send, up to some
// thousands, because a line without its shape is read by the careful path.
class FieldShapes {
public:
    // Null when nothing is known.
    FieldShape* find(model::MeasurementId measurement) const {
        FieldShape* shape = slots_[place_of(measurement)].get();
        return shape != nullptr && shape->measurement() == measurement ? shape : nullptr;
    }
    // Ends the shapes that find() has returned. Only for a measurement that has been met before
    // may they become more: a body of nothing but new names is no reason.
    void learn(model::MeasurementId measurement, const PointText& point, bool is_known);

private:
    static constexpr std::size_t kSlotsMin = 256;
    static constexpr std::size_t kSlotsMax = 16 * 1024;
    // Of all shapes together, about a hundred bytes each.
    static constexpr std::size_t kFieldsMax = 512 * 1024;

    std::size_t place_of(model::MeasurementId measurement) const {
        return measurement & (slots_.size() - 1);
    }
    void grow();

    std::vector<std::unique_ptr<FieldShape>> slots_{kSlotsMin};  // a power of two of them
    std::size_t fields_ = 0;
};

}  // namespace sluice::ingest
