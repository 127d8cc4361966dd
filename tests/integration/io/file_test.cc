// Files on the real ring: what the kernel does with the operations of sluice::io::File.
#include "sluice/io/file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "ring_fixture.h"
#include "sluice/base/aligned_buffer.h"

namespace sluice::io {
namespace {

class FileOnRing : public RingFixture {};

AlignedBuffer filled(std::size_t size, unsigned char value) {
    AlignedBuffer buffer(size);
    std::memset(buffer.data(), value, buffer.size());
    return buffer;
}

Task<Result<void>> write_and_read_back(Reactor& reactor, std::string path) {
    SLUICE_CO_TRY(File file, co_await File::open(reactor, path, OpenMode::kCreate));
    AlignedBuffer out = filled(3 * 4096, 0xA5);
    SLUICE_CO_TRY_VOID(co_await file.write_durable_at(out.span(), 0));
    SLUICE_CO_TRY_VOID(co_await file.write_at(out.span(), 3 * 4096));
    SLUICE_CO_TRY_VOID(co_await file.sync());
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    EXPECT_EQ(size, 6u * 4096);
    AlignedBuffer in = filled(16 * 4096, 0);
    SLUICE_CO_TRY(const std::size_t got, co_await file.read_at(in.span(), 0));
    EXPECT_EQ(got, 6u * 4096);
    EXPECT_EQ(std::memcmp(in.data(), out.data(), out.size()), 0);
    co_await file.close();
    co_return Result<void>();
}

TEST_F(FileOnRing, ReadsBackWhatWasWritten) {
    const auto result = run(write_and_read_back(reactor(), path("a")));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

Task<Result<void>> grow_and_shrink(Reactor& reactor, std::string path) {
    SLUICE_CO_TRY(File file, co_await File::open(reactor, path, OpenMode::kCreate));
    SLUICE_CO_TRY_VOID(co_await file.allocate(0, 1 << 20));
    SLUICE_CO_TRY(const std::uint64_t grown, co_await file.size());
    EXPECT_EQ(grown, 1u << 20);
    SLUICE_CO_TRY_VOID(co_await file.truncate(5000));
    SLUICE_CO_TRY(const std::uint64_t cut, co_await file.size());
    EXPECT_EQ(cut, 5000u);
    AlignedBuffer in(16 * 4096);
    SLUICE_CO_TRY(const std::size_t got, co_await file.read_at(in.span(), 0));
    EXPECT_EQ(got, 5000u);
    SLUICE_CO_TRY(const std::size_t beyond, co_await file.read_at(in.span(), 8192));
    EXPECT_EQ(beyond, 0u);
    co_await file.close();
    co_return Result<void>();
}

TEST_F(FileOnRing, GrowsByAllocationAndShrinksByTruncation) {
    const auto result = run(grow_and_shrink(reactor(), path("a")));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

Task<Result<void>> use_directories(Reactor& reactor, std::string root) {
    SLUICE_CO_TRY_VOID(co_await make_directory(reactor, root + "/d"));
    SLUICE_CO_TRY_VOID(co_await make_directory(reactor, root + "/d"));
    SLUICE_CO_TRY(File file, co_await File::open(reactor, root + "/d/x", OpenMode::kCreate));
    AlignedBuffer out = filled(4096, 'q');
    SLUICE_CO_TRY_VOID(co_await file.write_durable_at(out.span(), 0));
    co_await file.close();
    SLUICE_CO_TRY_VOID(co_await rename_file(reactor, root + "/d/x", root + "/d/y"));
    SLUICE_CO_TRY_VOID(co_await sync_directory(reactor, root + "/d"));
    SLUICE_CO_TRY(const bool old_name, co_await file_exists(reactor, root + "/d/x"));
    EXPECT_FALSE(old_name);
    SLUICE_CO_TRY(const auto content, co_await read_whole_file(reactor, root + "/d/y"));
    EXPECT_EQ(content.size(), 4096u);
    SLUICE_CO_TRY(const auto entries, co_await list_directory(reactor, root));
    EXPECT_EQ(entries.size(), 1u);
    EXPECT_TRUE(entries[0].is_directory);
    EXPECT_EQ(entries[0].name, "d");
    SLUICE_CO_TRY_VOID(co_await remove_file(reactor, root + "/d/y"));
    SLUICE_CO_TRY(const std::uint64_t space, co_await free_space(reactor, root));
    EXPECT_GT(space, 0u);
    co_return Result<void>();
}

TEST_F(FileOnRing, MakesRenamesListsAndRemoves) {
    const auto result = run(use_directories(reactor(), directory()));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

TEST_F(FileOnRing, SaysWhatWasMissingOrInTheWay) {
    const auto missing = run(File::open(reactor(), path("none"), OpenMode::kRead));
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(missing.error().message, "open " + path("none") + ": No such file or directory");
    auto made = run(File::open(reactor(), path("a"), OpenMode::kCreate));
    ASSERT_TRUE(made.ok());
    run(made->close());
    const auto again = run(File::open(reactor(), path("a"), OpenMode::kCreate));
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
}

}  // namespace
}  // namespace sluice::io
