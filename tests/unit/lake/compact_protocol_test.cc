#include "lake/compact_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::lake {
namespace {

std::string hex(ByteSpan bytes) {
    std::string text;
    for (const std::byte each : bytes) {
        constexpr char kDigits[] = "0123456789abcdef";
        text += kDigits[static_cast<int>(each) >> 4];
        text += kDigits[static_cast<int>(each) & 15];
    }
    return text;
}

TEST(CompactProtocol, WritesWhatTheSpecificationSays) {
    ByteWriter out;
    CompactWriter writer(out);
    writer.begin_struct();
    writer.write_i32(1, -1);
    writer.write_text(4, "ab");
    writer.write_bool(5, true);
    writer.write_bool(6, false);
    writer.begin_list(8, CompactType::kI32, 2);
    writer.write_element(1);
    writer.write_element(64);
    writer.begin_struct(9);
    writer.write_i64(15, 300);
    writer.end_struct();
    writer.end_struct();
    EXPECT_EQ(hex(out.span()), "150138026162111229250280011cf6d8040000");
}

TEST(CompactProtocol, LongListsHaveTheirLengthBehindTheType) {
    ByteWriter out;
    CompactWriter writer(out);
    writer.begin_struct();
    writer.begin_list(1, CompactType::kI32, 15);
    EXPECT_EQ(hex(out.span()), "19f50f");
}

TEST(CompactProtocol, PassesOverWhatNobodyAsksFor) {
    ByteWriter out;
    CompactWriter writer(out);
    writer.begin_struct();
    writer.write_bool(1, true);
    writer.write_text(3, "xyz");
    writer.begin_list(4, CompactType::kBinary, 2);
    writer.write_element(std::string_view("a"));
    writer.write_element(std::string_view("b"));
    writer.begin_struct(5);
    writer.write_i64(1, 1);
    writer.end_struct();
    writer.write_i32(6, 42);
    writer.end_struct();
    CompactReader in(out.span());
    std::int64_t found = 0;
    in.read_struct([&](int id, CompactType type) {
        if (id != 6 || type != CompactType::kI32) return false;
        found = in.read_integer();
        return true;
    });
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(found, 42);
    EXPECT_EQ(in.position(), out.size());
}

TEST(CompactProtocol, FailsOnStructuresWithoutAnEnd) {
    const std::string deep(100, '\x1c');
    CompactReader in(as_byte_span(deep));
    in.read_struct([](int, CompactType) { return false; });
    EXPECT_FALSE(in.ok());
}

TEST(CompactProtocol, FailsOnListsLongerThanTheBytes) {
    CompactReader in(as_byte_span(std::string_view("\x19\xfc\xff\xff\x7f", 5)));
    int elements = 0;
    in.read_struct([&](int, CompactType) {
        in.read_list(CompactType::kStruct, [&] { ++elements; });
        return true;
    });
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(elements, 0);
}

}  // namespace
}  // namespace sluice::lake
