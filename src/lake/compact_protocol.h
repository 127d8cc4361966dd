// The compact protocol of Apache Thrift, as far as the metadata of Parquet needs it.
//
// Source: thrift/doc/specs/thrift-compact-protocol.md. A structure is fields in ascending order of
// their ids, each with a type and the distance from the id before it, and a zero at the end.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"

namespace sluice::lake {

enum class CompactType : std::uint8_t {
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kI16 = 4,
    kI32 = 5,
    kI64 = 6,
    kDouble = 7,
    kBinary = 8,
    kList = 9,
    kSet = 10,
    kMap = 11,
    kStruct = 12,
};

// Writes fields in the order of the calls. Structures nest: what stands between begin_struct() and
// end_struct() belongs to one.
class CompactWriter {
public:
    explicit CompactWriter(ByteWriter& out) : out_(out) {}

    // The outermost structure, or one that is an element of a list.
    void begin_struct();
    // One that is a field.
    void begin_struct(int id);
    void end_struct();

    void write_bool(int id, bool value);
    void write_i32(int id, std::int32_t value);
    void write_i64(int id, std::int64_t value);
    void write_text(int id, std::string_view value);
    // `count` elements follow.
    void begin_list(int id, CompactType type, std::size_t count);
    void write_element(std::int32_t value);
    void write_element(std::string_view value);

private:
    // The metadata of Parquet has six levels.
    static constexpr int kLevelsMax = 16;

    void write_field(int id, CompactType type);

    ByteWriter& out_;
    int level_ = -1;
    int last_ids_[kLevelsMax];
};

// Reads bytes that may be damaged. After damage every call gives nothing, and ok() is false.
class CompactReader {
public:
    explicit CompactReader(ByteSpan bytes) : in_(bytes) {}

    bool ok() const { return in_.ok() && good_; }
    std::size_t position() const { return in_.position(); }

    // Calls on_field(id, type) for each field; it reads the value and returns true, or returns
    // false, and the value is passed over.
    template <typename OnField>
    void read_struct(OnField on_field) {
        int id = 0;
        if (!enter()) return;
        while (ok()) {
            CompactType type{};
            if (!read_field(id, type)) break;
            if (!on_field(id, type)) skip(type);
        }
        --level_;
    }
    // Calls on_element() for each element, which reads it.
    template <typename OnElement>
    void read_list(CompactType wanted, OnElement on_element) {
        std::size_t count = read_list_head(wanted);
        for (; count > 0 && ok(); --count) on_element();
    }
    std::int64_t read_integer();
    std::string_view read_text() { return in_.read_text(); }

private:
    static constexpr int kLevelsMax = 32;

    bool enter();
    bool read_field(int& id, CompactType& type);
    std::size_t read_list_head(CompactType wanted);
    void skip(CompactType type);
    void skip_elements(CompactType type, std::size_t count);

    ByteReader in_;
    bool good_ = true;
    int level_ = 0;
};

}  // namespace sluice::lake
