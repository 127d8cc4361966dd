#include "sluice/engine/catalog_rebuild.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/store_layout.h"
#include "sluice/base/log.h"
#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/store_facts.h"

namespace sluice::engine {
namespace {

constexpr std::size_t kDoubtsNamed = 8;

// One group, in all stores.
struct GroupSum {
    std::optional<storage::GroupFacts> facts;
    std::optional<model::TimeRange> rows;
    std::map<std::string, storage::FieldTypes> measurements;
};

// It joins what the stores say of each group. They agree on who owns it, or else the first one
// counts; two types of one field are damage that is told, and the first one counts, too.
class Collector {
public:
    explicit Collector(StoresFound& found) : found_(found) {}

    void add(storage::StoreFacts facts) {
        for (std::string& each : facts.damage) found_.damage.push_back(std::move(each));
        for (auto& [id, content] : facts.groups) add_group(id, std::move(content));
    }
    void finish() {
        for (auto& [id, sum] : groups_) {
            meta::FoundGroup group;
            group.id = id;
            group.rows = sum.rows;
            if (sum.facts) {
                group.owner = meta::GroupOwner{sum.facts->database, sum.facts->policy,
                                               sum.facts->range, sum.facts->policy_duration_ns};
            }
            for (const auto& [name, fields] : sum.measurements) {
                meta::MeasurementWanted wanted;
                wanted.name = name;
                for (const auto& [field, type] : fields) wanted.fields.push_back({field, type});
                group.measurements.push_back(std::move(wanted));
            }
            found_.groups.push_back(std::move(group));
        }
    }

private:
    void add_group(model::ShardGroupId id, storage::GroupContent content) {
        GroupSum& sum = groups_[id];
        if (!sum.facts) sum.facts = std::move(content.facts);
        if (content.rows) {
            if (!sum.rows) sum.rows = content.rows;
            sum.rows->begin = std::min(sum.rows->begin, content.rows->begin);
            sum.rows->end = std::max(sum.rows->end, content.rows->end);
        }
        for (const auto& [name, fields] : content.measurements) {
            for (const auto& [field, type] : fields) {
                const auto [known, added] = sum.measurements[name].try_emplace(field, type);
                if (added || known->second == type) continue;
                found_.damage.push_back("field " + field + " of " + name + " in shard group " +
                                        std::to_string(id) + " has two types");
            }
        }
    }

    StoresFound& found_;
    std::map<model::ShardGroupId, GroupSum> groups_;
};

io::Task<Result<std::vector<std::string>>> list_stores(io::Reactor& reactor,
                                                       std::string data_directory) {
    const std::string directory = data_directory + "/stores";
    SLUICE_CO_TRY(const std::vector<io::DirectoryEntry> entries,
                  co_await io::list_directory(reactor, directory));
    std::vector<std::string> stores;
    for (const io::DirectoryEntry& each : entries) {
        if (each.is_directory && is_store_name(each.name)) {
            stores.push_back(directory + "/" + each.name);
        }
    }
    std::sort(stores.begin(), stores.end());
    co_return stores;
}

}  // namespace

io::Task<Result<StoresFound>> find_groups_in_stores(io::Reactor& reactor,
                                                    std::string data_directory) {
    StoresFound found;
    Collector collector(found);
    SLUICE_CO_TRY(found.stores, co_await list_stores(reactor, std::move(data_directory)));
    for (const std::string& store : found.stores) {
        auto facts = co_await storage::read_store_facts(reactor, store);
        if (facts.ok()) {
            collector.add(std::move(*facts));
        } else {
            found.damage.push_back(store + ": " + facts.error().message);
        }
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    collector.finish();
    co_return found;
}

// Reading all facts of all stores takes long where there are many segments. So every start asks for
// the highest id only, and the facts are read when the catalog does not know that group.
io::Task<Result<bool>> may_lack_groups(io::Reactor& reactor, std::string data_directory,
                                       const meta::Catalog& catalog,
                                       const meta::CatalogDamage& damage) {
    if (catalog.last_group_id == 0 || damage.lost_everything || !damage.losses.empty()) {
        co_return true;
    }
    const model::ShardGroupId known = catalog.last_group_id;
    SLUICE_CO_TRY(const std::vector<std::string> stores,
                  co_await list_stores(reactor, std::move(data_directory)));
    for (const std::string& store : stores) {
        const auto last = co_await storage::find_last_group(reactor, store);
        // What cannot be listed is the store's to say.
        if (last.ok() && *last > known) co_return true;
    }
    co_return false;
}

std::vector<std::string> rebuilding_sentences(const meta::RebuildReport& report) {
    std::vector<std::string> sentences;
    sentences.push_back("from what the stores know came back: " + report.summary());
    for (std::size_t i = 0; i < std::min(report.doubts.size(), kDoubtsNamed); ++i) {
        sentences.push_back(report.doubts[i]);
    }
    if (report.doubts.size() > kDoubtsNamed) {
        sentences.push_back(std::to_string(report.doubts.size() - kDoubtsNamed) +
                            " more sentences of this kind: `sluice repair` of a copy tells them");
    }
    sentences.emplace_back(
        "users, continuous queries, subscriptions and deletes that were not yet applied are known "
        "to the catalog alone: those it has lost do not come back");
    return sentences;
}

io::Task<Result<meta::RebuildReport>> rebuild_from_stores(meta::CatalogWriter& catalog,
                                                          StoresFound found) {
    // Where changes are lost in the middle, groups that are known may lack fields.
    // Otherwise what the catalog knows of a group is newer than what any store wrote down.
    const bool with_schemas = !catalog.damage().losses.empty();
    const model::ShardGroupId known = catalog.catalog()->last_group_id;
    model::ShardGroupId last = 0;
    for (const meta::FoundGroup& each : found.groups) last = std::max(last, each.id);
    meta::RebuildReport report;
    const auto changed =
        co_await catalog.change([&report, &found, with_schemas](meta::CatalogEditor& editor) {
            report = meta::rebuild_catalog(editor, std::move(found.groups), with_schemas);
            return Result<void>();
        });
    if (!changed.ok()) co_return changed.error();
    if (report.is_empty()) co_return report;
    std::vector<std::string> sentences = rebuilding_sentences(report);
    if (known == 0) {
        sentences.insert(sentences.begin(),
                         "the stores hold points of shard groups up to " + std::to_string(last) +
                             ", and the catalog, being empty, knew none of them");
    }
    co_await catalog.note_rebuilding(std::move(sentences));
    for (const std::string& each : report.made) log_info("rebuilt from stores", {{"what", each}});
    co_return report;
}

}  // namespace sluice::engine
