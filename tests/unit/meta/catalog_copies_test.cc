// Two copies of the catalog: one damaged place, whatever it is, takes nothing and is said.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "meta/log/catalog_log.h"
#include "meta/log/catalog_snapshot.h"
#include "sim_backend.h"
#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/catalog_writer.h"
#include "sluice/meta/inspect.h"

namespace sluice::meta {
namespace {

using Bytes = std::vector<std::byte>;
using Saved = std::map<std::string, Bytes>;  // by path

constexpr const char* kFirst = "/meta";
constexpr const char* kSecond = "/meta-copy";

Bytes bytes_of(const Catalog& catalog) {
    CatalogSnapshotEncoder encoder(catalog, 1, 1);
    ByteWriter out;
    while (encoder.next(out)) {
    }
    return {out.data(), out.data() + out.size()};
}

Saved saved(const io::SimDisk& disk) {
    Saved files;
    for (const std::string& path : disk.files()) files["/" + path] = disk.content(path);
    return files;
}

io::SimDisk disk_of(const Saved& files) {
    io::SimDisk disk;
    for (const auto& [path, content] : files) {
        (void)disk.make_directory(path.substr(0, path.rfind('/')));
        disk.overwrite(path, content);
    }
    return disk;
}

// One start of the writer, and what it found.
struct Start {
    explicit Start(const Saved& files, io::SimOptions options = {})
        : backend(7, options, disk_of(files)), reactor(backend) {
        auto opened = reactor.run_until_done(open(reactor));
        if (opened.ok()) {
            writer = std::move(*opened);
        } else {
            error = opened.error().message;
        }
    }
    ~Start() {
        if (writer != nullptr) reactor.run_until_done(writer->stop());
    }

    static io::Task<Result<std::unique_ptr<CatalogWriter>>> open(io::Reactor& reactor) {
        return CatalogWriter::open(reactor, kFirst);
    }
    bool change(const CatalogChange& make) {
        return reactor.run_until_done(writer->change(make)).ok();
    }
    bool create(const std::string& name) {
        return change([&](CatalogEditor& editor) { return editor.create_database(name, {}); });
    }
    Bytes state() const { return bytes_of(*writer->catalog()); }
    Saved files() { return saved(backend.world().disk()); }
    // The content after an orderly stop.
    Saved stop() {
        reactor.run_until_done(writer->stop());
        writer.reset();
        return files();
    }

    io::SimBackend backend;
    io::Reactor reactor;
    std::unique_ptr<CatalogWriter> writer;
    std::string error;
};

// A little of everything that the catalog holds; the state after each change.
std::vector<Bytes> make_history(Start& start) {
    std::vector<Bytes> states = {start.state()};
    const auto change = [&](const CatalogChange& make) {
        ASSERT_TRUE(start.change(make));
        states.push_back(start.state());
    };
    change([](CatalogEditor& e) { return e.create_database("d", {}); });
    change([](CatalogEditor& e) {
        return e.ensure_names(
            {"d", "autogen", {{0, 5, {{"cpu", {{"user", model::FieldType::kFloat}}}}}}});
    });
    change([](CatalogEditor& e) { return e.create_database("gone", {}); });
    change([](CatalogEditor& e) { return e.create_user("ann", "hash", true); });
    change([](CatalogEditor& e) {
        model::Tombstone what;
        what.sequence = 300;
        what.measurements.push_back({"cpu", {}});
        return e.add_tombstone("d", std::move(what));
    });
    change([](CatalogEditor& e) { return e.create_continuous_query("d", "q", "text"); });
    change([](CatalogEditor& e) {
        e.drop_database("gone");
        return Result<void>();
    });
    return states;
}

struct History {
    std::vector<Bytes> states;
    Saved files;
    const Bytes& last() const { return states.back(); }
};

// `stopped`: by an order; else by kill -9.
History young_history(bool stopped) {
    Start start({});
    History history;
    history.states = make_history(start);
    history.files = stopped ? start.stop() : start.files();
    return history;
}

// In the second generation, with the first one kept in one of the directories.
History old_history(bool stopped) {
    History history = young_history(true);
    std::erase_if(history.files, [](const auto& each) { return each.first.starts_with(kSecond); });
    Start start(history.files);
    EXPECT_TRUE(start.create("late"));
    history.states.push_back(start.state());
    history.files = stopped ? start.stop() : start.files();
    EXPECT_EQ(history.files.size(), 6u);
    return history;
}

std::vector<CatalogFiles> copies_of(const Saved& files) {
    std::vector<CatalogFiles> copies(2);
    copies[0].directory = kFirst;
    copies[1].directory = kSecond;
    for (CatalogFiles& copy : copies) copy.is_missing = true;
    for (const auto& [path, content] : files) {
        CatalogFiles& copy = copies[path.starts_with(kSecond) ? 1 : 0];
        copy.is_missing = false;
        const auto name = parse_file_name(path.substr(path.rfind('/') + 1));
        if (name.has_value()) {
            (name->is_log ? copy.logs : copy.snapshots)[name->generation] = content;
        }
    }
    return copies;
}

std::size_t used_bytes(const Bytes& content) {
    std::size_t used = content.size();
    while (used != 0 && content[used - 1] == std::byte{0}) --used;
    return used;
}

TEST(CatalogCopies, EveryFlippedByteOfOneCopyTakesNothingAndIsSaid) {
    for (const bool stopped : {true, false}) {
        for (const History& history : {young_history(stopped), old_history(stopped)}) {
            for (const auto& [path, content] : history.files) {
                const std::size_t used = align_up(used_bytes(content));
                std::vector<CatalogFiles> copies = copies_of(history.files);
                CatalogFiles& copy = copies[path.starts_with(kSecond) ? 1 : 0];
                const auto name = parse_file_name(path.substr(path.rfind('/') + 1));
                Bytes& bytes = (name->is_log ? copy.logs : copy.snapshots)[name->generation];
                for (std::size_t at = 0; at < used; ++at) {
                    if (at % 4096 > 300 && at % 61 != 0) continue;  // padding
                    bytes[at] ^= std::byte{1} << (at % 8);
                    const Result<CatalogRecovery> recovery = recover_catalog(copies);
                    ASSERT_TRUE(recovery.ok()) << path << " " << at;
                    ASSERT_TRUE(recovery->losses.empty()) << path << " " << at;
                    ASSERT_EQ(bytes_of(*recovery->catalog), history.last()) << path << " " << at;
                    // The last frame may not have been written when the machine stopped.
                    const bool in_last_frame = name->is_log && at >= used - 4096;
                    ASSERT_TRUE(!recovery->findings.empty() ||
                                (in_last_frame && recovery->torn_tail))
                        << path << " " << at;
                    bytes[at] ^= std::byte{1} << (at % 8);
                }
            }
        }
    }
}

struct Damage {
    const char* what;
    std::function<void(Saved&, const std::string& path)> make;
};

Bytes garbage(std::size_t size) {
    Random random(size);
    Bytes bytes(size);
    for (std::byte& each : bytes) each = static_cast<std::byte>(random.next());
    return bytes;
}

std::vector<Damage> whole_file_damages() {
    std::vector<Damage> damages = {
        {"removed", [](Saved& files, const std::string& path) { files.erase(path); }},
        {"empty", [](Saved& files, const std::string& path) { files[path].clear(); }},
        {"garbage",
         [](Saved& files, const std::string& path) { files[path] = garbage(files[path].size()); }},
        {"short garbage",
         [](Saved& files, const std::string& path) { files[path] = garbage(1000); }},
        {"doubled",
         [](Saved& files, const std::string& path) {
             const Bytes once = files[path];
             files[path].insert(files[path].end(), once.begin(), once.end());
         }},
        {"zeros",
         [](Saved& files, const std::string& path) {
             std::fill(files[path].begin(), files[path].end(), std::byte{0});
         }},
        {"first blocks swapped",
         [](Saved& files, const std::string& path) {
             std::swap_ranges(files[path].begin(), files[path].begin() + 4096,
                              files[path].begin() + 4096);
         }},
    };
    for (const std::size_t size : {1u, 511u, 4095u, 4096u, 5000u, 8192u, 12288u, 20480u}) {
        damages.push_back({"cut", [size](Saved& files, const std::string& path) {
                               if (files[path].size() > size) files[path].resize(size);
                           }});
    }
    return damages;
}

// Starts with `files`, twice, and changes something between.
void expect_nothing_lost(const Saved& files, const History& history, const std::string& what) {
    Saved after;
    {
        Start start(files);
        ASSERT_EQ(start.error, "") << what;
        ASSERT_EQ(start.state(), history.last()) << what;
        ASSERT_TRUE(start.writer->damage().losses.empty()) << what;
        ASSERT_FALSE(start.writer->damage().findings.empty()) << what;
        ASSERT_TRUE(start.create("after")) << what;
        after = start.stop();
    }
    Start again(after);
    ASSERT_EQ(again.error, "") << what;
    ASSERT_NE(again.writer->catalog()->find_database("after"), nullptr) << what;
    ASSERT_EQ(again.writer->damage().sentences(), std::vector<std::string>{}) << what;
    for (const char* directory : {kFirst, kSecond}) {
        // Either directory alone has everything.
        Saved alone = after;
        std::erase_if(alone, [&](const auto& each) {
            return each.first.starts_with(std::string(directory) + "/");
        });
        Start one(alone);
        ASSERT_NE(one.writer->catalog()->find_database("after"), nullptr) << what;
        ASSERT_TRUE(one.writer->damage().losses.empty()) << what;
        ASSERT_EQ(one.writer->damage().findings.size(), 1u) << what;
    }
}

TEST(CatalogCopies, OneDamagedFileTakesNothingAndIsSaid) {
    for (const bool stopped : {true, false}) {
        for (const History& history : {young_history(stopped), old_history(stopped)}) {
            for (const auto& [path, content] : history.files) {
                for (const Damage& damage : whole_file_damages()) {
                    Saved files = history.files;
                    damage.make(files, path);
                    const std::string what = path + " " + damage.what;
                    if (files == history.files) continue;
                    // The older generation is there for want of better.
                    expect_nothing_lost(files, history, what);
                    if (HasFatalFailure()) return;
                }
            }
        }
    }
}

TEST(CatalogCopies, EveryTruncationOfOneCopyTakesNothingAndIsSaid) {
    const History history = young_history(true);
    for (const auto& [path, content] : history.files) {
        std::vector<CatalogFiles> copies = copies_of(history.files);
        CatalogFiles& copy = copies[path.starts_with(kSecond) ? 1 : 0];
        const auto name = parse_file_name(path.substr(path.rfind('/') + 1));
        Bytes& bytes = (name->is_log ? copy.logs : copy.snapshots)[name->generation];
        const std::size_t used = used_bytes(content);
        for (std::size_t size = content.size(); size-- > 0;) {
            if (size > used + 4096 && size % 4099 != 0) continue;
            if (size % 4096 > 300 && size % 61 != 0) continue;
            bytes.resize(size);
            const Result<CatalogRecovery> recovery = recover_catalog(copies);
            ASSERT_TRUE(recovery.ok());
            ASSERT_TRUE(recovery->losses.empty()) << path << " " << size;
            ASSERT_EQ(bytes_of(*recovery->catalog), history.last()) << path << " " << size;
            ASSERT_FALSE(recovery->findings.empty()) << path << " " << size;
        }
    }
}

TEST(CatalogCopies, AWholeDirectoryRemovedTakesNothingAndIsSaid) {
    for (const History& history : {young_history(true), young_history(false), old_history(true)}) {
        for (const char* directory : {kFirst, kSecond}) {
            Saved files = history.files;
            std::erase_if(files, [&](const auto& each) {
                return each.first.starts_with(std::string(directory) + "/");
            });
            Start start(files);
            EXPECT_EQ(start.writer->damage().findings,
                      std::vector<std::string>{std::string(directory) + " is missing"});
            expect_nothing_lost(files, history, directory);
        }
    }
}

TEST(CatalogCopies, ADamagedFileIsSetAsideAndNotRemoved) {
    const History history = young_history(true);
    Saved files = history.files;
    const std::string path = "/meta/" + log_file_name(1);
    files[path][4096 + 40] ^= std::byte{1};
    const Bytes damaged = files[path];
    for (int round = 1; round < 3; ++round) {
        Start start(files);
        EXPECT_EQ(start.writer->damage().findings,
                  std::vector<std::string>{path + " is damaged at byte 4096"});
        files = start.stop();
        const std::string aside = path + (round == 1 ? ".damaged" : ".damaged.2");
        ASSERT_TRUE(files.contains(aside));
        EXPECT_EQ(files[aside], damaged);
        // Somebody puts it back: it contradicts nothing, and is told from what is newer.
        files[path] = damaged;
        files["/meta/" + snapshot_file_name(1)] =
            history.files.at("/meta/" + snapshot_file_name(1));
    }
}

TEST(CatalogCopies, ADirectoryOfAVersionWithOneCopyGetsTheOtherWithoutAWord) {
    Saved files;
    {
        const History history = young_history(true);
        for (const auto& [path, content] : history.files) {
            if (path.starts_with("/meta/")) files[path] = content;
        }
        // As that version wrote it: no payload, no mark of an end.
        Bytes& log = files["/meta/" + log_file_name(1)];
        ByteWriter start;
        append_frame(start, CatalogFrameKind::kLogStart, 1, 0, {});
        std::copy(start.data(), start.data() + start.size(), log.begin());
        const std::size_t mark = align_up(used_bytes(log)) - 4096;
        std::fill(log.begin() + static_cast<long>(mark), log.end(), std::byte{0});
    }
    Start start(files);
    EXPECT_EQ(start.writer->damage().sentences(), std::vector<std::string>{});
    EXPECT_NE(start.writer->catalog()->find_database("d"), nullptr);
    Saved after = start.stop();
    std::erase_if(after, [](const auto& each) { return each.first.starts_with("/meta/"); });
    EXPECT_EQ(after.size(), 2u);
    Start copy(after);
    EXPECT_NE(copy.writer->catalog()->find_database("d"), nullptr);
    EXPECT_EQ(copy.writer->damage().findings, std::vector<std::string>{"/meta is missing"});
}

enum class Kind : std::uint8_t { kBit, kZeros, kSector, kCut, kEmpty, kGarbage };

// One place somewhere in `content`.
Kind damage_somewhere(Bytes& content, Random& random) {
    const std::size_t used = align_up(used_bytes(content));
    const auto kind = static_cast<Kind>(random.below(6));
    if (used == 0) return kind;
    const std::size_t at = random.below(used);
    const auto sector = content.begin() + static_cast<long>(at / 512 * 512);
    switch (kind) {
        case Kind::kBit:
            content[at] ^= std::byte{1} << random.below(8);
            break;
        case Kind::kZeros:
            std::fill_n(sector, 512, std::byte{0});
            break;
        case Kind::kSector:
            std::ranges::copy(garbage(512), sector);
            break;
        case Kind::kCut:
            content.resize(at);
            break;
        case Kind::kEmpty:
            content.clear();
            break;
        case Kind::kGarbage:
            content = garbage(content.size());
            break;
    }
    return kind;
}

TEST(CatalogCopies, DamageOfBothIsNeverWrongAndNeverSilent) {
    const History histories[] = {young_history(true), young_history(false), old_history(true),
                                 old_history(false)};
    std::uint64_t lossless = 0;
    std::uint64_t last_change_lost = 0;
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        Random random(seed);
        const History& history = histories[random.below(4)];
        Saved files = history.files;
        bool zeroed = false;
        std::array<std::vector<std::string>, 2> paths;
        for (const auto& [path, content] : files) {
            paths[path.starts_with(kSecond) ? 1 : 0].push_back(path);
        }
        for (const auto& of_copy : paths) {
            const std::string& path = of_copy[random.below(of_copy.size())];
            if (random.below(8) == 0) {
                files.erase(path);
            } else {
                zeroed = damage_somewhere(files[path], random) == Kind::kZeros || zeroed;
            }
        }
        const Result<CatalogRecovery> recovery = recover_catalog(copies_of(files));
        ASSERT_TRUE(recovery.ok()) << seed << " " << recovery.error().message;
        if (!recovery->losses.empty()) continue;
        ++lossless;
        const Bytes found = bytes_of(*recovery->catalog);
        if (found == history.last()) continue;
        // A crash may have come while the last change was being written to both, or before it was
        // when it left nothing but zeros.
        const bool may_be_unwritten = (recovery->torn_tail && recovery->findings.empty()) || zeroed;
        ASSERT_TRUE(may_be_unwritten && found == history.states[history.states.size() - 2]) << seed;
        ++last_change_lost;
    }
    EXPECT_GT(lossless, 800u);
    EXPECT_LT(last_change_lost, 10u);
}

TEST(CatalogCopies, DamageOfBothStartsAndTheSecondStartAgrees) {
    const History history = old_history(true);
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed);
        Saved files = history.files;
        for (auto& [path, content] : files) {
            if (random.below(2) == 0) (void)damage_somewhere(content, random);
        }
        Bytes state;
        Saved after;
        std::vector<std::string> losses;
        {
            Start start(files);
            ASSERT_EQ(start.error, "") << seed;
            const CatalogDamage& damage = start.writer->damage();
            ASSERT_TRUE(start.state() == history.last() || !damage.losses.empty()) << seed;
            state = start.state();
            losses = damage.losses;
            after = start.stop();
        }
        for (const auto& [path, content] : files) {
            const bool intact = content == history.files.at(path);
            if (!intact && !content.empty()) {
                const bool kept = std::any_of(
                    after.begin(), after.end(),
                    [&, &wanted = content](const auto& each) { return each.second == wanted; });
                ASSERT_TRUE(kept || state == history.last()) << seed << " " << path;
            }
        }
        Start again(after);
        ASSERT_EQ(again.state(), state) << seed;
        // What was lost once is said at every start.
        ASSERT_EQ(again.writer->damage().remembered, losses) << seed;
        ASSERT_TRUE(again.writer->damage().losses.empty()) << seed;
        ASSERT_TRUE(again.writer->damage().findings.empty()) << seed;
    }
}

TEST(CatalogCopies, ACopyThatCannotBeWrittenIsGivenUpSaidAndMadeAnew) {
    Start start({});
    ASSERT_TRUE(start.create("d0"));
    // The next write fails, and with it one of the copies.
    start.backend.world().faults().nth_operation = 1;
    ASSERT_TRUE(start.create("d1"));
    ASSERT_EQ(start.writer->troubles().size(), 1u);
    EXPECT_FALSE(start.writer->is_failing());
    ASSERT_TRUE(start.create("d2"));
    ASSERT_TRUE(start.create("d3"));
    {
        // A crash now: the copy is behind, and that is said.
        Start after_crash(start.files());
        EXPECT_NE(after_crash.writer->catalog()->find_database("d3"), nullptr);
        EXPECT_TRUE(after_crash.writer->damage().losses.empty());
        EXPECT_FALSE(after_crash.writer->damage().findings.empty());
    }
    EXPECT_FALSE(start.writer->needs_healing()) << "not yet";
    start.backend.world().advance_ns(6 * kSecondNs);
    ASSERT_TRUE(start.create("d4"));
    ASSERT_TRUE(start.writer->needs_healing());
    start.reactor.run_until_done(start.writer->heal());
    EXPECT_TRUE(start.writer->troubles().empty());
    EXPECT_FALSE(start.writer->needs_healing());
    Saved after = start.stop();
    for (const char* directory : {"/meta/", "/meta-copy/"}) {
        Saved one = after;
        std::erase_if(one, [&](const auto& each) { return each.first.starts_with(directory); });
        Start alone(one);
        EXPECT_NE(alone.writer->catalog()->find_database("d2"), nullptr) << directory;
        EXPECT_EQ(alone.writer->damage().findings.size(), 1u);
    }
    Start both(after);
    EXPECT_EQ(both.writer->damage().sentences(), std::vector<std::string>{});
}

TEST(CatalogCopies, AFileInPlaceOfADirectoryCostsThatCopyOnly) {
    for (const bool first : {true, false}) {
        Saved files = young_history(true).files;
        const std::string directory = first ? kFirst : kSecond;
        std::erase_if(files,
                      [&](const auto& each) { return each.first.starts_with(directory + "/"); });
        files[directory] = garbage(100);
        Start start(files);
        ASSERT_EQ(start.error, "");
        EXPECT_NE(start.writer->catalog()->find_database("d"), nullptr);
        EXPECT_FALSE(start.writer->damage().findings.empty());
        EXPECT_EQ(start.writer->troubles().size(), 1u);
        EXPECT_TRUE(start.create("more"));
    }
}

TEST(CatalogCopies, AFileThatCannotBeReadCostsThatCopyOnly) {
    const History history = young_history(false);
    for (const std::size_t copy : {0u, 1u}) {
        for (const bool is_log : {true, false}) {
            for (const bool may_be_whole : {true, false}) {
                std::vector<CatalogFiles> copies = copies_of(history.files);
                CatalogFiles& files = copies[copy];
                const std::string why = "read it: no";
                (is_log ? files.logs : files.snapshots).clear();
                (is_log ? files.unreadable_logs : files.unreadable_snapshots)[1] = why;
                if (may_be_whole) files.refused = Error{ErrorKind::kIo, why, 13};
                const Result<CatalogRecovery> recovery = recover_catalog(copies);
                ASSERT_TRUE(recovery.ok());
                EXPECT_EQ(bytes_of(*recovery->catalog), history.last());
                EXPECT_TRUE(recovery->losses.empty());
                EXPECT_EQ(recovery->findings, std::vector<std::string>{why});
                EXPECT_FALSE(recovery->copies[copy].log_end.has_value());
                EXPECT_TRUE(recovery->copies[1 - copy].log_end.has_value());
                // What may not be read stays where it is.
                EXPECT_EQ(recovery->copies[copy].damaged.empty(), may_be_whole);
            }
        }
    }
}

TEST(CatalogCopies, ADirectoryWithAFilesNameIsSaidAndLeftAlone) {
    Saved files = young_history(true).files;
    files["/meta/" + log_file_name(2) + "/inside"] = garbage(10);
    io::SimDisk disk;
    ASSERT_EQ(disk.make_directory("/meta"), 0);
    ASSERT_EQ(disk.make_directory("/meta/" + log_file_name(2)), 0);
    for (const auto& [path, content] : files) {
        (void)disk.make_directory(path.substr(0, path.rfind('/')));
        disk.overwrite(path, content);
    }
    io::SimBackend backend(1, {}, std::move(disk));
    io::Reactor reactor(backend);
    auto opened = reactor.run_until_done(Start::open(reactor));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(
        (*opened)->damage().sentences(),
        (std::vector<std::string>{"/meta/" + log_file_name(2) + " is no file: it is left alone",
                                  "nothing of the catalog is lost"}));
    reactor.run_until_done((*opened)->stop());
}

TEST(CatalogCopies, AFullDiskAndADamagedCopyLetDatabasesBeDropped) {
    Saved files = young_history(true).files;
    files["/meta/" + snapshot_file_name(1)][40] ^= std::byte{1};
    io::SimDisk disk = disk_of(files);
    disk.set_capacity_bytes(disk.capacity_bytes() - disk.free_bytes());
    io::SimBackend backend(1, {}, std::move(disk));
    io::Reactor reactor(backend);
    auto opened = reactor.run_until_done(Start::open(reactor));
    ASSERT_TRUE(opened.ok());
    CatalogWriter& writer = **opened;
    EXPECT_FALSE(writer.damage().findings.empty());
    EXPECT_EQ(writer.troubles().size(), 1u);
    const auto drop = [&]() -> io::Task<bool> {
        const auto result = co_await writer.change([](CatalogEditor& editor) {
            editor.drop_database("d");
            return Result<void>();
        });
        co_return result.ok();
    };
    EXPECT_TRUE(reactor.run_until_done(drop()));
    // Space comes back, and with it the copy.
    io::SimDisk& full = backend.world().disk();
    full.set_capacity_bytes(std::uint64_t{1} << 40);
    backend.world().advance_ns(6 * kSecondNs);
    reactor.run_until_done(writer.heal());
    EXPECT_TRUE(writer.troubles().empty());
    reactor.run_until_done(writer.stop());
    EXPECT_TRUE(saved(full).contains("/meta/" + snapshot_file_name(1) + ".damaged"));
}

TEST(CatalogCopies, CopiesOfDifferentHistoriesAreToldApart) {
    Start other({});
    ASSERT_TRUE(other.create("foreign"));
    Saved files = young_history(true).files;
    for (const auto& [path, content] : other.stop()) {
        if (path.starts_with(kSecond)) files[path] = content;
    }
    Start start(files);
    EXPECT_NE(start.writer->catalog()->find_database("d"), nullptr);
    EXPECT_EQ(start.writer->catalog()->find_database("foreign"), nullptr);
    EXPECT_EQ(
        start.writer->damage().losses,
        std::vector<std::string>{"the copies of the catalog contradict each other from change "
                                 "1 of generation 1 on: /meta is followed"});
}

// Deleted points must not come back without a word.
TEST(CatalogCopies, ALostTombstoneIsSaid) {
    const History history = young_history(false);
    Saved files = history.files;
    for (const char* directory : {"/meta/", "/meta-copy/"}) {
        files[directory + log_file_name(1)][5 * 4096 + 40] ^= std::byte{1};
    }
    Start start(files);
    EXPECT_TRUE(start.writer->catalog()->find_database("d")->tombstones.empty());
    EXPECT_EQ(start.writer->damage().losses, std::vector<std::string>{"catalog change 5 is lost"});
    EXPECT_EQ(start.writer->catalog()->find_database("gone"), nullptr);
}

TEST(CatalogCopies, VerifySaysWhatAStartWouldFind) {
    const History history = young_history(true);
    const auto check = [](const Saved& files) {
        io::SimBackend backend(3, {}, disk_of(files));
        io::Reactor reactor(backend);
        const CatalogCheck found = *reactor.run_until_done(check_catalog(reactor, kFirst));
        EXPECT_EQ(saved(backend.world().disk()), files) << "nothing is changed";
        return found;
    };
    const CatalogCheck good = check(history.files);
    EXPECT_TRUE(good.findings.empty() && good.losses.empty() && !good.torn_tail);
    EXPECT_EQ(good.files, 4u);
    EXPECT_EQ(good.changes, history.states.size() - 1);
    for (const auto& [path, content] : history.files) {
        Saved files = history.files;
        files[path][40] ^= std::byte{1};
        const CatalogCheck bad = check(files);
        ASSERT_EQ(bad.findings.size(), 1u) << path;
        EXPECT_TRUE(bad.findings[0].starts_with(path)) << bad.findings[0];
    }
    EXPECT_TRUE(check({}).is_absent);
}

}  // namespace
}  // namespace sluice::meta
