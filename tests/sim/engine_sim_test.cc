// The engine on machines of one to three cores that crash, fail and fill up: it starts again by
// itself, every acknowledged point is there with the types its catalog says, what was dropped is
// gone, and nothing appears that was never sent; also when a copy of the catalog is damaged between
// two lives.
//
//     sim-engine                     the default seeds
//     sim-engine --seeds FROM COUNT  others; a failure prints its seed
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catalog_damager.h"
#include "engine_model.h"
#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/engine/engine.h"
#include "sluice/engine/scan.h"
#include "sluice/io/event.h"
#include "sluice/model/series_key.h"
#include "support/sim_cores.h"

namespace sluice::engine {
namespace {

using model::FieldType;

constexpr const char* kDatabases[] = {"alpha", "beta"};
constexpr const char* kMeasurements[] = {"cpu", "mem x", "disk"};
constexpr const char* kFields[] = {"a", "b", "c"};
// Hours of 2023, far from any policy's end.
constexpr model::Timestamp kBase = 1'699'999'200 * kSecondNs;

// The process between two crashes: an engine, and clients on every core.
class Incarnation {
public:
    Incarnation(std::uint64_t seed, io::SimOptions sim, io::SimDisk disk, std::uint32_t cores,
                EngineModel& model)
        : random_(seed ^ 0xE5), world_(seed, sim, std::move(disk)), model_(model) {
        EngineOptions options;
        options.data_directory = "/data";
        options.cores = cores;
        options.free_space_min = 0;
        options.memory.heads_bytes = cores * 4 * kMiB;
        options.memory.block_cache_bytes = kMiB;
        options.store.wal_file_bytes = 64 * kKiB;
        options.store.wal_frame_bytes = 16 * kKiB;
        options.store.wal_spare_files = 1;
        options.store.free_space_min = 0;
        options.store.head_age_max_ns =
            static_cast<std::int64_t>(2 + random_.below(20)) * kMillisecondNs;
        options.values_per_part = 1 + random_.below(200);
        hours_ = 1 + random_.below(6);
        options.store.purge_after_ns = 5 * kMillisecondNs;
        options.store.merge_width = 2 + static_cast<std::uint32_t>(random_.below(4));
        options.store.cold_after_ns =
            static_cast<std::int64_t>(1 + random_.below(60)) * kMillisecondNs;
        options.delete_check_ns = 5 * kMillisecondNs;
        engine_ = std::move(*Engine::create(options));
        cores_ = std::make_unique<io::SimCores>(world_, cores);
    }
    ~Incarnation() {
        if (!world_.crashed()) world_.crash();
        io::Abandon abandon;
        cores_.reset();
        engine_.reset();
    }

    void start() {
        cores_->start([this](io::Reactor& reactor) { return core_main(reactor); });
    }
    // Lets clients work for a while, then the power fails.
    io::SimDisk run_and_crash(unsigned turns) {
        writing_ = true;
        start();
        for (unsigned i = 0; i < turns && complaint_.empty(); ++i) {
            if (!cores_->turn()) break;
        }
        return world_.crash();
    }
    // Starts, reads everything, and stops in order.
    io::SimDisk check_and_stop() {
        start();
        cores_->run_until_done();
        if (!started_) complain("does not start: " + start_error_);
        if (complaint_.empty()) {
            if (auto missing = model_.check()) complain(*missing);
        }
        return world_.crash();
    }

    const std::string& complaint() const { return complaint_; }
    bool started() const { return started_; }

private:
    void complain(std::string text) {
        if (complaint_.empty()) complaint_ = std::move(text);
    }

    io::Task<void> core_main(io::Reactor& reactor) {
        Result<Core*> started = co_await engine_->start_core(reactor);
        if (!started.ok()) {
            start_error_ = started.error().message;
            co_return;
        }
        started_ = true;
        Core& core = **started;
        if (writing_) {
            io::Task<void> other = client(core);
            co_await client(core);
            co_await other;
        } else if (core.number() == 0) {
            co_await read_all(core);
        }
        co_await engine_->stop_core(core);
    }

    io::Task<void> client(Core& core) {
        for (int i = 0; i < 60; ++i) {
            const std::string database = kDatabases[random_.below(2)];
            const std::uint64_t dice = random_.below(40);
            if (dice == 0) {
                co_await drop(core, database);
            } else if (dice < 4) {
                co_await delete_some(core, database);
            } else if (dice == 4) {
                meta::RetentionPolicyUpdate update;
                update.shard_group_duration_ns =
                    static_cast<std::int64_t>(1 + random_.below(5)) * kHourNs;
                (void)co_await core.alter_retention_policy(database, "autogen", update, false);
            } else if (dice == 5) {
                co_await create_user(core);
            } else if (dice < 8) {
                co_await read_twice(core);
            } else {
                co_await write(core, database);
            }
            if (!complaint_.empty()) co_return;
        }
    }

    io::Task<void> drop(Core& core, std::string database) {
        const std::uint64_t number = model_.begin_drop(database);
        const Result<void> dropped = co_await core.drop_database(database);
        if (dropped.ok()) model_.end_drop(database, number);
    }

    io::Task<void> delete_some(Core& core, std::string database) {
        model::Tombstone what;
        const std::string measurement = kMeasurements[random_.below(3)];
        const bool whole_measurement = random_.below(3) == 0;
        if (whole_measurement || random_.below(2) != 0) {
            what.measurements.push_back({measurement, {}});
        }
        if (!whole_measurement && random_.below(2) != 0) {
            what.range.begin = kBase + static_cast<model::Timestamp>(random_.below(6)) * kHourNs;
            what.range.end = what.range.begin + kHourNs;
        }
        if (!whole_measurement && random_.below(3) != 0) {
            what.series =
                model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual, "host",
                                                "h" + std::to_string(random_.below(4)));
        }
        const std::uint64_t number = model_.begin_delete(database, what);
        Result<void> deleted;
        if (whole_measurement) {
            deleted = co_await core.drop_measurement(database, measurement);
        } else {
            deleted = co_await core.delete_points(database, what);
        }
        if (deleted.ok()) model_.end_delete(database, number);
    }

    io::Task<void> create_user(Core& core) {
        const std::string name = model_.send_user();
        meta::CatalogChange change = [name](meta::CatalogEditor& editor) {
            return editor.create_user(name, "hash", false);
        };
        const Result<void> created = co_await core.change_catalog(std::move(change));
        if (created.ok()) model_.acknowledge_user(name);
    }

    struct Request {
        std::string database;
        std::vector<std::uint64_t> serials;  // line i + 1 is serials[i]
        std::vector<SentPoint> points;
    };

    Request draw(const std::string& database) {
        Request request{database, {}, {}};
        const std::uint64_t lines = 1 + random_.below(4);
        for (std::uint64_t i = 0; i < lines; ++i) {
            SentPoint point;
            point.database = database;
            point.measurement = kMeasurements[random_.below(3)];
            model::append_escaped_measurement(point.series, point.measurement);
            point.series += ",host=h" + std::to_string(random_.below(4));
            for (const char* field : kFields) {
                if (random_.below(2) != 0) continue;
                // Mostly one type each, so that conflicts are the exception.
                const FieldType type = random_.below(12) != 0  ? FieldType::kFloat
                                       : random_.below(2) != 0 ? FieldType::kInteger
                                                               : FieldType::kString;
                point.fields.emplace_back(field, type);
            }
            if (point.fields.empty()) point.fields.emplace_back("a", FieldType::kFloat);
            const auto hour = static_cast<model::Timestamp>(random_.below(hours_));
            const std::uint64_t serial = model_.send(point, kBase + hour * kHourNs);
            point.time = kBase + hour * kHourNs + static_cast<model::Timestamp>(serial);
            request.serials.push_back(serial);
            request.points.push_back(std::move(point));
        }
        return request;
    }

    // What the parser does.
    static void parse(const Request& request, const WriteTarget& target, model::SeriesIndex& index,
                      std::vector<std::string>& texts, model::PointBatch& batch) {
        for (std::size_t i = 0; i < request.points.size(); ++i) {
            const SentPoint& point = request.points[i];
            const model::SeriesId series = index.add_series(point.series);
            model::BatchTable& table =
                batch.table(index.measurement(series), target.shards.find(point.time));
            const std::uint32_t row = table.rows();
            table.series.push_back(series);
            table.times.push_back(point.time);
            table.lines.push_back(static_cast<std::uint32_t>(i + 1));
            const std::uint64_t serial = request.serials[i];
            for (const auto& [name, type] : point.fields) {
                model::BatchColumn& column = table.column(name, type);
                if (type == FieldType::kString) {
                    column.set_text(row, texts[i]);
                } else if (type == FieldType::kFloat) {
                    column.set_word(row, std::bit_cast<std::uint64_t>(static_cast<double>(serial)));
                } else {
                    column.set_word(row, serial);
                }
            }
        }
        batch.finish();
    }

    io::Task<void> write(Core& core, std::string database) {
        const Request request = draw(database);
        std::vector<std::string> texts;
        for (const std::uint64_t serial : request.serials) texts.push_back(std::to_string(serial));
        model::PointBatch batch;
        std::vector<model::Rejection> rejections;
        for (int attempt = 0; attempt < 50; ++attempt) {
            Result<WriteTarget> target = core.resolve(database, "");
            if (!target.ok()) {
                (void)co_await core.create_database(database, hourly());
                continue;
            }
            batch.clear();
            rejections.clear();
            parse(request, *target, core.series_index(), texts, batch);
            const WriteOutcome outcome = co_await core.write(*target, batch, rejections);
            if (outcome.status == WriteStatus::kParseAgain) continue;
            if (outcome.status == WriteStatus::kDone) settle(request, outcome, rejections);
            co_return;
        }
    }

    static meta::RetentionPolicySpec hourly() {
        meta::RetentionPolicySpec policy;
        policy.shard_group_duration_ns = kHourNs;
        return policy;
    }

    void settle(const Request& request, const WriteOutcome& outcome,
                const std::vector<model::Rejection>& rejections) {
        if (outcome.rows_rejected != rejections.size() ||
            outcome.rows_written + outcome.rows_rejected != request.serials.size()) {
            complain("rows written and rejected are not the rows sent");
        }
        std::vector<bool> rejected(request.serials.size(), false);
        for (const model::Rejection& each : rejections) rejected[each.line - 1] = true;
        for (std::size_t i = 0; i < request.serials.size(); ++i) {
            if (rejected[i]) {
                model_.reject(request.serials[i]);
            } else {
                model_.acknowledge(request.serials[i]);
            }
        }
    }

    // Whatever is handed over between stores and between the two rounds, a view shows every row.
    io::Task<void> read_twice(Core& core) {
        const std::vector<std::uint64_t> wanted = model_.certain();
        const View view(core);
        for (int round = 0; round < 2; ++round) {
            std::set<std::uint64_t> seen;
            std::set<std::uint64_t>* to = &seen;
            const storage::Epoch epoch = view.epoch();
            const std::vector<Result<bool>> results = co_await on_every_core<bool>(
                core, [to, epoch](Core& there) { return read_times(there, epoch, to); });
            for (const Result<bool>& each : results) {
                if (!each.ok() || !*each) co_return;  // the device refuses
            }
            for (const std::uint64_t serial : wanted) {
                if (!model_.is_certain(serial) || seen.contains(serial)) continue;
                complain("round " + std::to_string(round) + " of a view at " +
                         std::to_string(epoch) + " misses point " + std::to_string(serial));
            }
            io::Event never;
            const std::int64_t pause =
                static_cast<std::int64_t>(random_.below(30)) * kMillisecondNs;
            co_await never.wait_until(core.reactor().monotonic_ns() + pause);
        }
    }

    // The serial numbers of all rows of a core. False: some cannot be read.
    static io::Task<Result<bool>> read_times(Core& core, storage::Epoch epoch,
                                             std::set<std::uint64_t>* seen) {
        const std::shared_ptr<const meta::Catalog> catalog = core.catalog();
        for (storage::Store* store : core.stores()) {
            for (const auto& database : catalog->databases) {
                for (const auto& policy : database->retention_policies) {
                    for (const auto& group : policy->shard_groups) {
                        for (const char* measurement : kMeasurements) {
                            storage::ScanSpec spec;
                            spec.group = group->id;
                            spec.measurement = measurement;
                            spec.view = epoch;
                            storage::Scan scan = store->scan(std::move(spec));
                            storage::SeriesRun run;
                            for (;;) {
                                SLUICE_CO_TRY(const bool more, co_await scan.next(run));
                                if (!more) break;
                                for (const model::Timestamp time : run.times)
                                    seen->insert(EngineModel::serial_of(time));
                            }
                            if (scan.blocks_missing() != 0) co_return false;
                        }
                    }
                }
            }
        }
        co_return true;
    }

    io::Task<void> read_all(Core& core) {
        std::vector<std::string> users;
        for (const auto& user : core.catalog()->users) users.push_back(user->name);
        if (auto missing = model_.check_users(users)) complain(*missing);
        const View view(core);
        const storage::Epoch epoch = view.epoch();
        const std::vector<Result<bool>> results = co_await on_every_core<bool>(
            core, [this, epoch](Core& there) { return read_core(there, epoch); });
        for (const Result<bool>& result : results) {
            if (!result.ok()) complain("read: " + result.error().message);
        }
    }

    io::Task<Result<bool>> read_core(Core& core, storage::Epoch epoch) {
        const std::shared_ptr<const meta::Catalog> catalog = core.catalog();
        for (storage::Store* store : core.stores()) {
            std::vector<model::ShardGroupId> strangers = store->shard_groups();
            for (const model::ShardGroupId doomed : catalog->doomed_groups) {
                std::erase(strangers, doomed);
            }
            for (const auto& database : catalog->databases) {
                for (const auto& policy : database->retention_policies) {
                    for (const auto& group : policy->shard_groups) {
                        std::erase(strangers, group->id);
                        SLUICE_CO_TRY_VOID(co_await read_group(*store, *database, *group, epoch));
                    }
                }
            }
            if (!strangers.empty()) {
                complain("group " + std::to_string(strangers.front()) + " was dropped and is back");
            }
        }
        co_return true;
    }

    io::Task<Result<void>> read_group(storage::Store& store, const meta::Database& database,
                                      const meta::ShardGroup& group, storage::Epoch epoch) {
        SLUICE_CO_TRY(const std::vector<std::string> measurements,
                      co_await store.list_measurements(group.id, epoch));
        for (const std::string& measurement : measurements) {
            const meta::MeasurementSchema* schema = group.measurements.find(measurement);
            if (schema == nullptr) {
                complain("the catalog does not know measurement " + measurement);
                co_return Result<void>();
            }
            storage::ScanSpec spec;
            spec.group = group.id;
            spec.measurement = measurement;
            spec.view = epoch;
            for (const meta::Field& field : schema->fields()) spec.fields.push_back(field.name);
            storage::Scan scan = store.scan(std::move(spec));
            storage::SeriesRun run;
            for (;;) {
                SLUICE_CO_TRY(const bool more, co_await scan.next(run));
                if (!more) break;
                note_run(run, database, group, *schema);
            }
        }
        co_return Result<void>();
    }

    void note_run(const storage::SeriesRun& run, const meta::Database& database,
                  const meta::ShardGroup& group, const meta::MeasurementSchema& schema) {
        for (std::size_t row = 0; row < run.rows; ++row) {
            if (!group.range.contains(run.times[row])) complain("a row outside of its group");
            for (std::size_t i = 0; i < run.columns.size(); ++i) {
                const storage::ColumnView& column = run.columns[i];
                if (!column.is_valid(row)) continue;
                const meta::Field& field = schema.fields()[i];
                if (column.type != field.type) complain("a type the catalog does not know");
                std::uint64_t value = 0;
                if (column.type == FieldType::kString) {
                    value = std::strtoull(std::string(column.texts[row]).c_str(), nullptr, 10);
                } else if (column.type == FieldType::kFloat) {
                    value = static_cast<std::uint64_t>(std::bit_cast<double>(column.words[row]));
                } else {
                    value = column.words[row];
                }
                auto wrong = model_.found(database.name, schema.name, run.series_key,
                                          run.times[row], field.name, column.type, value);
                if (wrong) complain(*wrong);
            }
        }
    }

    Random random_;
    std::uint64_t hours_ = 1;  // that points lie in
    io::SimWorld world_;
    EngineModel& model_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<io::SimCores> cores_;
    bool writing_ = false;
    bool started_ = false;
    std::string start_error_;
    std::string complaint_;
};

// The trouble, or nothing.
std::string run_seed(std::uint64_t seed, std::uint64_t& acknowledged) {
    Random random(seed);
    EngineModel model;
    io::SimDisk disk;
    const unsigned lives = 1 + static_cast<unsigned>(random.below(3));
    // A copy that an I/O error cost leaves the other one alone, and damage must not find it so.
    const bool damages = random.below(3) == 0;
    CatalogDamager damager(random);
    bool healed = true;
    for (unsigned life = 0; life < lives; ++life) {
        io::SimOptions sim;
        if (!damages && random.below(3) == 0) {
            sim.faults = io::SimFaults::some(0.01);
            sim.faults.wall_jump = 0;
        }
        const auto cores = static_cast<std::uint32_t>(1 + random.below(3));
        Incarnation process(seed * 8 + life, sim, std::move(disk), cores, model);
        disk = process.run_and_crash(20 + static_cast<unsigned>(random.below(4000)));
        if (!process.complaint().empty()) return process.complaint();
        model.end_life();
        if (!damages) continue;
        healed = healed || process.started();
        damager.damage(disk, healed);
        healed = false;
    }
    Incarnation reader(seed * 8 + 7, {}, std::move(disk),
                       static_cast<std::uint32_t>(1 + random.below(3)), model);
    disk = reader.check_and_stop();
    acknowledged += model.acknowledged();
    return reader.complaint();
}

}  // namespace
}  // namespace sluice::engine

int main(int argc, char** argv) {
    std::uint64_t from = 1;
    std::uint64_t count = 200;
    if (argc == 4 && std::strcmp(argv[1], "--seeds") == 0) {
        from = std::strtoull(argv[2], nullptr, 10);
        count = std::strtoull(argv[3], nullptr, 10);
    } else if (argc != 1) {
        std::fprintf(stderr, "usage: %s [--seeds FROM COUNT]\n", argv[0]);
        return 2;
    }
    // Faults are expected here; what they make the engine say is not of interest.
    sluice::set_log_level(std::getenv("SLUICE_SIM_LOG") != nullptr ? sluice::LogLevel::kDebug
                                                                   : sluice::LogLevel::kError);
    std::uint64_t acknowledged = 0;
    for (std::uint64_t seed = from; seed < from + count; ++seed) {
        const std::string trouble = sluice::engine::run_seed(seed, acknowledged);
        if (trouble.empty()) continue;
        std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed),
                     trouble.c_str());
        return 1;
    }
    std::printf("%llu seeds from %llu, %llu points acknowledged\n",
                static_cast<unsigned long long>(count), static_cast<unsigned long long>(from),
                static_cast<unsigned long long>(acknowledged));
    return 0;
}
