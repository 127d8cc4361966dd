#include "lake/compact_protocol.h"

#include "sluice/base/check.h"
#include "sluice/base/zigzag.h"

namespace sluice::lake {

void CompactWriter::begin_struct() {
    SLUICE_CHECK(level_ + 1 < kLevelsMax);
    last_ids_[++level_] = 0;
}

void CompactWriter::begin_struct(int id) {
    write_field(id, CompactType::kStruct);
    begin_struct();
}

void CompactWriter::end_struct() {
    SLUICE_CHECK(level_ >= 0);
    --level_;
    out_.write<std::uint8_t>(0);
}

void CompactWriter::write_field(int id, CompactType type) {
    const int distance = id - last_ids_[level_];
    // Fields of Parquet's structures are never further apart, so the long form is not needed.
    SLUICE_CHECK(distance > 0 && distance <= 15);
    last_ids_[level_] = id;
    out_.write(static_cast<std::uint8_t>(distance << 4 | static_cast<int>(type)));
}

void CompactWriter::write_bool(int id, bool value) {
    write_field(id, value ? CompactType::kTrue : CompactType::kFalse);
}

void CompactWriter::write_i32(int id, std::int32_t value) {
    write_field(id, CompactType::kI32);
    write_element(value);
}

void CompactWriter::write_i64(int id, std::int64_t value) {
    write_field(id, CompactType::kI64);
    out_.write_varint(zigzag_encode(value));
}

void CompactWriter::write_text(int id, std::string_view value) {
    write_field(id, CompactType::kBinary);
    write_element(value);
}

void CompactWriter::begin_list(int id, CompactType type, std::size_t count) {
    write_field(id, CompactType::kList);
    const auto low = static_cast<std::uint8_t>(type);
    if (count < 15) {
        out_.write(static_cast<std::uint8_t>(count << 4 | low));
        return;
    }
    out_.write(static_cast<std::uint8_t>(0xF0 | low));
    out_.write_varint(count);
}

void CompactWriter::write_element(std::int32_t value) {
    out_.write_varint(zigzag_encode(value));
}

void CompactWriter::write_element(std::string_view value) {
    out_.write_text(value);
}

bool CompactReader::enter() {
    if (level_ >= kLevelsMax) good_ = false;
    if (ok()) ++level_;
    return ok();
}

bool CompactReader::read_field(int& id, CompactType& type) {
    const auto head = in_.read<std::uint8_t>();
    if (!ok() || head == 0) return false;
    const int distance = head >> 4;
    type = static_cast<CompactType>(head & 15);
    if (distance != 0) {
        id += distance;
    } else {
        id = static_cast<std::int16_t>(read_integer());
    }
    return ok();
}

std::int64_t CompactReader::read_integer() {
    return zigzag_decode(in_.read_varint());
}

std::size_t CompactReader::read_list_head(CompactType wanted) {
    const auto head = in_.read<std::uint8_t>();
    const std::uint64_t count = head >> 4 == 15 ? in_.read_varint() : head >> 4;
    // An element has a byte at least, so a longer list is damaged.
    if (static_cast<CompactType>(head & 15) != wanted || count > in_.remaining()) good_ = false;
    return ok() ? count : 0;
}

void CompactReader::skip_elements(CompactType type, std::size_t count) {
    for (; count > 0 && ok(); --count) {
        // In a list a boolean is a byte, in a field it is the type.
        if (type == CompactType::kTrue || type == CompactType::kFalse) {
            in_.read<std::uint8_t>();
        } else {
            skip(type);
        }
    }
}

void CompactReader::skip(CompactType type) {
    switch (type) {
        case CompactType::kTrue:
        case CompactType::kFalse:
            return;
        case CompactType::kByte:
            in_.read<std::uint8_t>();
            return;
        case CompactType::kI16:
        case CompactType::kI32:
        case CompactType::kI64:
            in_.read_varint();
            return;
        case CompactType::kDouble:
            in_.read_span(8);
            return;
        case CompactType::kBinary:
            read_text();
            return;
        case CompactType::kList:
        case CompactType::kSet: {
            const auto head = in_.read<std::uint8_t>();
            const std::uint64_t count = head >> 4 == 15 ? in_.read_varint() : head >> 4;
            if (count > in_.remaining() || !enter()) {
                good_ = false;
                return;
            }
            skip_elements(static_cast<CompactType>(head & 15), count);
            --level_;
            return;
        }
        case CompactType::kStruct:
            read_struct([](int, CompactType) { return false; });
            return;
        case CompactType::kMap:
            break;  // The metadata of Parquet has none.
    }
    good_ = false;
}

}  // namespace sluice::lake
