// The writer on a simulated machine: what was acknowledged survives, whatever fails and when.
#include "sluice/meta/catalog_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "sim_backend.h"
#include "sluice/io/reactor.h"

namespace sluice::meta {
namespace {

constexpr const char* kDirectory = "/meta";

io::Task<void> create(CatalogWriter& writer, std::string name, std::vector<std::string>& done) {
    const auto result = co_await writer.change(
        [&name](CatalogEditor& editor) { return editor.create_database(name, {}); });
    if (result.ok()) done.push_back(name);
}

io::Task<Result<std::unique_ptr<CatalogWriter>>> open(io::Reactor& reactor) {
    return CatalogWriter::open(reactor, kDirectory);
}

// One life of the process: opens, makes databases by twos until the machine stops turning.
struct Life {
    Life(std::uint64_t seed, io::SimOptions options, io::SimDisk disk)
        : backend(seed, options, std::move(disk)), reactor(backend) {}
    ~Life() {
        io::Abandon abandon;
        main.reset();
        writer.reset();
        if (!backend.world().crashed()) backend.crash();
    }

    io::Task<void> run(int from, int count) {
        auto opened = co_await open(reactor);
        if (!opened.ok()) {
            error = opened.error();
            co_return;
        }
        writer = std::move(*opened);
        for (const auto& database : writer->catalog()->databases) found.push_back(database->name);
        for (int i = from; i < from + count; i += 2) {
            io::Task<void> first = create(*writer, "d" + std::to_string(i), acknowledged);
            co_await create(*writer, "d" + std::to_string(i + 1), acknowledged);
            co_await first;
        }
        finished = true;
    }
    // Turns until all is done or `operations` file operations have been started.
    void go(int from, int count, std::uint64_t operations) {
        main.emplace(run(from, count));
        while (!main->done() && backend.world().file_operation_count() < operations) {
            reactor.turn(io::Reactor::Wait::kAllowed);
        }
    }

    io::SimBackend backend;
    io::Reactor reactor;
    std::unique_ptr<CatalogWriter> writer;
    std::optional<io::Task<void>> main;
    std::vector<std::string> found;
    std::vector<std::string> acknowledged;
    std::optional<Error> error;
    bool finished = false;
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(CatalogWriter, AnAcknowledgedChangeSurvivesACrashAtAnyOperation) {
    for (std::uint64_t stop = 1; stop < 60; ++stop) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            io::SimDisk disk;
            std::vector<std::string> acknowledged;
            for (int life = 0; life < 3; ++life) {
                Life process(seed * 100 + life, {}, std::move(disk));
                process.go(life * 10, 10, stop + static_cast<std::uint64_t>(life));
                ASSERT_FALSE(process.error.has_value()) << process.error->message;
                if (process.writer != nullptr) {
                    for (const std::string& name : acknowledged) {
                        ASSERT_TRUE(contains(process.found, name))
                            << name << " seed " << seed << " stop " << stop;
                    }
                }
                for (const std::string& name : process.acknowledged) acknowledged.push_back(name);
                disk = process.backend.crash();
            }
        }
    }
}

TEST(CatalogWriter, AFailedOperationLosesNothingAcknowledged) {
    for (std::uint64_t nth = 1; nth < 60; ++nth) {
        for (const int error : {5 /* EIO */, 28 /* ENOSPC */}) {
            io::SimOptions options;
            options.faults.nth_operation = nth;
            options.faults.nth_errno = error;
            Life process(nth, options, io::SimDisk());
            process.go(0, 20, ~std::uint64_t{0});
            io::SimDisk disk = process.backend.crash();
            if (!process.finished) continue;  // it could not even be opened
            // One change at most failed with the operation; those after it found a new file.
            EXPECT_GE(process.acknowledged.size(), 18u) << nth;
            Life again(nth + 1, {}, std::move(disk));
            again.go(0, 0, ~std::uint64_t{0});
            ASSERT_TRUE(again.finished);
            for (const std::string& name : process.acknowledged) {
                EXPECT_TRUE(contains(again.found, name)) << name << " " << nth << " " << error;
            }
            EXPECT_TRUE(again.writer->damage().losses.empty()) << nth;
        }
    }
}

TEST(CatalogWriter, FaultsAndCrashesTogetherLoseNothingAcknowledged) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        io::SimDisk disk;
        std::vector<std::string> acknowledged;
        for (int life = 0; life < 6; ++life) {
            io::SimOptions options;
            options.faults.write_error = 0.05;
            options.faults.sync_error = 0.05;
            options.faults.short_write = 0.1;
            options.faults.metadata_error = 0.05;
            if (life % 2 == 1) options.faults = {};
            Life process(seed * 10 + static_cast<std::uint64_t>(life), options, std::move(disk));
            process.go(life * 20, 20, 10 + seed % 90);
            if (life % 2 == 1) {
                ASSERT_FALSE(process.error.has_value()) << process.error->message << seed;
            }
            if (process.writer != nullptr) {
                for (const std::string& name : acknowledged) {
                    ASSERT_TRUE(contains(process.found, name)) << name << " seed " << seed;
                }
                ASSERT_TRUE(process.writer->damage().losses.empty()) << seed;
            }
            for (const std::string& name : process.acknowledged) acknowledged.push_back(name);
            disk = process.backend.crash();
        }
    }
}

TEST(CatalogWriter, AFullDiskLetsDatabasesBeDropped) {
    io::SimBackend backend(1);
    io::Reactor reactor(backend);
    auto writer = std::move(*reactor.run_until_done(open(reactor)));
    std::vector<std::string> done;
    reactor.run_until_done(create(*writer, "d", done));
    io::SimDisk& disk = backend.world().disk();
    disk.set_capacity_bytes(disk.capacity_bytes() - disk.free_bytes());
    const auto drop = [&]() -> io::Task<bool> {
        const auto result = co_await writer->change([](CatalogEditor& editor) {
            editor.drop_database("d");
            return Result<void>();
        });
        co_return result.ok();
    };
    EXPECT_TRUE(reactor.run_until_done(drop()));
    EXPECT_TRUE(writer->catalog()->databases.empty());
    reactor.run_until_done(writer->stop());
}

TEST(CatalogWriter, ChangesOfOneTurnShareOneWrite) {
    io::SimBackend backend(1);
    io::Reactor reactor(backend);
    auto writer = std::move(*reactor.run_until_done(open(reactor)));
    int published = 0;
    writer->set_publish([&](const std::shared_ptr<const Catalog>&) { ++published; });
    std::vector<std::string> done;
    std::vector<io::Task<void>> tasks;
    for (int i = 0; i < 100; ++i) tasks.push_back(create(*writer, "d" + std::to_string(i), done));
    for (auto& task : tasks) reactor.run_until_done(std::move(task));
    EXPECT_EQ(done.size(), 100u);
    EXPECT_EQ(writer->commits(), 1u);
    EXPECT_EQ(published, 1);
    reactor.run_until_done(writer->stop());
}

TEST(CatalogWriter, ALongHistoryIsCompacted) {
    io::SimBackend backend(1);
    io::Reactor reactor(backend);
    auto writer = std::move(*reactor.run_until_done(open(reactor)));
    std::vector<std::string> done;
    for (int i = 0; i < 1000; ++i) {
        reactor.run_until_done(create(*writer, "d" + std::to_string(i), done));
    }
    EXPECT_EQ(done.size(), 1000u);
    EXPECT_LT(writer->log_bytes(), 900u * 1024);
    reactor.run_until_done(writer->stop());
    EXPECT_LE(backend.world().disk().files().size(), 8u);
    writer.reset();
    writer = std::move(*reactor.run_until_done(open(reactor)));
    EXPECT_EQ(writer->catalog()->databases.size(), 1000u);
    reactor.run_until_done(writer->stop());
}

}  // namespace
}  // namespace sluice::meta
