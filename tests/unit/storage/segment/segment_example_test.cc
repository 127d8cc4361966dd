// The worked example of SEGMENT_FORMAT.md, byte by byte, so that document and code stay one.
#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <sstream>

#include "segment/segment_fixture.h"

namespace sluice::storage {
namespace {

// The lines "    0010: 05 00 ..." of the document as a file of one page.
std::vector<std::byte> documented_bytes() {
    std::vector<std::byte> bytes(kDirectIoAlignment);
    std::ifstream document(SLUICE_SEGMENT_FORMAT_MD);
    std::string line;
    while (std::getline(document, line)) {
        if (!line.starts_with("    0") || line.size() < 10 || line[8] != ':') continue;
        std::istringstream words(line);
        std::size_t at = 0;
        unsigned byte = 0;
        words >> std::hex >> at;
        words.ignore(1);
        while (words >> byte) bytes.at(at++) = static_cast<std::byte>(byte);
    }
    return bytes;
}

TEST(SegmentExample, DocumentAndWriterAgree) {
    test::Model model;
    test::Table& table = model["m"];
    table.columns = {{"v", model::FieldType::kFloat}};
    test::Series& series = table.series["m,a=1"];
    series[10 * kSecondNs].cells = {std::bit_cast<std::uint64_t>(1.5)};
    series[20 * kSecondNs].cells = {std::bit_cast<std::uint64_t>(2.25)};
    SegmentWriterOptions options;
    options.group = 7;
    EXPECT_EQ(test::build(model, options, 1).bytes, documented_bytes());
}

}  // namespace
}  // namespace sluice::storage
