// An export arrives whole in its file, plain or compressed, and what cannot be written is an error.
#include "server/export/line_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/units.h"
#include "sluice/http/content_encoding.h"

namespace sluice::server {
namespace {

class LineFileTest : public testing::Test {
protected:
    ~LineFileTest() override { std::filesystem::remove(path_); }

    std::string content() const {
        std::ifstream file(path_, std::ios::binary);
        std::ostringstream bytes;
        bytes << file.rdbuf();
        return bytes.str();
    }

    const std::string path_ =
        (std::filesystem::temp_directory_path() / ("line-file-" + std::to_string(::getpid())))
            .string();
};

// Writes so many lines; each is 16 bytes long.
std::string write_lines(LineFile& file, int lines) {
    std::string all;
    for (int i = 0; i < lines; ++i) {
        std::string line = "m v=" + std::to_string(100'000'000 + i) + "i\n";
        line.insert(1, 16 - line.size(), 'x');
        file.text() += line;
        all += line;
        EXPECT_TRUE(file.write_if_full().ok());
    }
    return all;
}

TEST_F(LineFileTest, HoldsWhatWasWritten) {
    for (const int lines : {0, 1, 65'535, 65'536, 65'537, 200'000}) {
        SCOPED_TRACE(lines);
        Result<LineFile> file = LineFile::open(path_, false);
        ASSERT_TRUE(file.ok());
        const std::string written = write_lines(*file, lines);
        // Memory is bounded: what is full has left.
        EXPECT_LT(file->text().size(), kMiB);
        ASSERT_TRUE(file->finish().ok());
        EXPECT_EQ(file->bytes(), written.size());
        EXPECT_EQ(content(), written);
    }
}

TEST_F(LineFileTest, HoldsTheSameCompressed) {
    for (const int lines : {0, 1, 65'536, 200'000}) {
        SCOPED_TRACE(lines);
        Result<LineFile> file = LineFile::open(path_, true);
        ASSERT_TRUE(file.ok());
        const std::string written = write_lines(*file, lines);
        ASSERT_TRUE(file->finish().ok());
        const std::string packed = content();
        EXPECT_EQ(file->bytes(), packed.size());
        http::GzipDecoder decoder;
        PodVector<std::byte> plain;
        const auto decoded = decoder.decode(as_byte_span(std::string_view(packed)), plain, kGiB);
        ASSERT_TRUE(decoded.ok()) << decoded.error().message;
        EXPECT_EQ(as_text({plain.data(), plain.size()}), written);
    }
}

TEST_F(LineFileTest, NamesAFileThatCannotBeMade) {
    const Result<LineFile> file = LineFile::open("/nonexistent/x", false);
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().message, "create /nonexistent/x: No such file or directory");
}

TEST_F(LineFileTest, SaysWhenTheDeviceIsFull) {
    Result<LineFile> file = LineFile::open("/dev/full", false);
    ASSERT_TRUE(file.ok());
    file->text() = "m v=1i\n";
    const Result<void> finished = file->finish();
    ASSERT_FALSE(finished.ok());
    EXPECT_EQ(finished.error().kind, ErrorKind::kNoSpace);
    EXPECT_NE(finished.error().message.find("/dev/full"), std::string::npos);
}

}  // namespace
}  // namespace sluice::server
