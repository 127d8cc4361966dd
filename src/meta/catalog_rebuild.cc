#include "sluice/meta/catalog_rebuild.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sluice/base/units.h"
#include "sluice/meta/retention_policy.h"

namespace sluice::meta {
namespace {

constexpr std::string_view kRecoveredName = "recovered";
// Retention is carried out at its own pace: groups may outlive their policy by so much.
constexpr std::int64_t kRetentionLagNs = kDayNs;
constexpr std::size_t kNumbersNamed = 8;

std::string count_of(std::uint64_t count, std::string_view noun) {
    const bool is_policy = noun.ends_with("policy");
    std::string text = std::to_string(count) + " " + std::string(noun);
    if (count == 1) return text;
    if (is_policy) text.replace(text.size() - 1, 1, "ie");
    return text + "s";
}

std::string list_of(const std::vector<model::ShardGroupId>& ids) {
    std::string text = ids.size() == 1 ? "shard group " : "shard groups ";
    for (std::size_t i = 0; i < std::min(ids.size(), kNumbersNamed); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(ids[i]);
    }
    if (ids.size() > kNumbersNamed) {
        text += " and " + std::to_string(ids.size() - kNumbersNamed) + " more";
    }
    return text;
}

std::string duration_text(std::int64_t duration_ns) {
    if (duration_ns == 0) return "for ever";
    if (duration_ns % kHourNs == 0) return std::to_string(duration_ns / kHourNs) + "h";
    return std::to_string(duration_ns / kSecondNs) + "s";
}

// Whether the difference of two times is more than `span`, wherever they lie.
bool is_before_by_more(model::Timestamp early, model::Timestamp late, std::int64_t span) {
    return late > early && static_cast<std::uint64_t>(late) - static_cast<std::uint64_t>(early) >
                               static_cast<std::uint64_t>(span);
}

// Groups of one policy that is to be made, in order of their numbers.
struct LostPolicy {
    std::vector<const FoundGroup*> groups;

    // As the newest group knew it, unless groups are there that it would long have removed: then
    // it has been altered, and too long is better than too short.
    std::int64_t duration_ns(bool& is_guess) const {
        const std::int64_t known = groups.back()->owner->policy_duration_ns;
        is_guess = false;
        if (known == 0) return 0;
        model::Timestamp newest = groups.front()->owner->range.begin;
        model::Timestamp oldest_end = groups.front()->owner->range.end;
        for (const FoundGroup* each : groups) {
            newest = std::max(newest, each->owner->range.begin);
            oldest_end = std::min(oldest_end, each->owner->range.end);
        }
        const std::int64_t lag = kRetentionLagNs + group_duration_ns();
        is_guess =
            is_before_by_more(oldest_end, newest, known > kMaxNs - lag ? kMaxNs : known + lag);
        return is_guess ? 0 : known;
    }

    // The most common one: groups beside others of another length are cut.
    std::int64_t group_duration_ns() const {
        std::map<std::int64_t, std::size_t> lengths;
        for (const FoundGroup* each : groups) {
            const model::TimeRange& range = each->owner->range;
            const std::uint64_t length =
                static_cast<std::uint64_t>(range.end) - static_cast<std::uint64_t>(range.begin);
            if (length <= static_cast<std::uint64_t>(kMaxNs)) {
                ++lengths[static_cast<std::int64_t>(length)];
            }
        }
        const auto common =
            std::max_element(lengths.begin(), lengths.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        return common == lengths.end() ? kWeekNs : common->first;
    }

private:
    static constexpr std::int64_t kMaxNs = ~std::uint64_t{0} >> 2;
};

class Rebuilding {
public:
    explicit Rebuilding(CatalogEditor& editor) : editor_(editor) {}

    RebuildReport run(std::vector<FoundGroup> found, bool with_schemas) {
        std::sort(found.begin(), found.end(),
                  [](const FoundGroup& a, const FoundGroup& b) { return a.id < b.id; });
        std::vector<const FoundGroup*> lost;
        const std::map<model::ShardGroupId, KnownGroup> known = known_groups();
        for (const FoundGroup& each : found) {
            const auto place = known.find(each.id);
            if (place == known.end()) {
                lost.push_back(&each);
            } else if (with_schemas && !place->second.names.database.empty()) {
                complete_schema(place->second, each);
            }
        }
        make_policies(lost);
        // From the earliest on: each group has the one before it to refer to.
        std::stable_sort(lost.begin(), lost.end(), [](const FoundGroup* a, const FoundGroup* b) {
            return begin_of(*a) < begin_of(*b);
        });
        for (const FoundGroup* each : lost) restore(*each);
        tell();
        if (!found.empty()) editor_.raise_group_id(found.back().id);
        return std::move(report_);
    }

private:
    static model::Timestamp begin_of(const FoundGroup& group) {
        if (group.owner) return group.owner->range.begin;
        return group.rows ? group.rows->begin : model::kTimestampMin;
    }

    // Where a group of the catalog is; one that it has given up is nowhere.
    struct KnownGroup {
        NamesWanted names;
        model::TimeRange range;
    };
    std::map<model::ShardGroupId, KnownGroup> known_groups() const {
        std::map<model::ShardGroupId, KnownGroup> known;
        for (const auto& database : editor_.catalog().databases) {
            for (const auto& policy : database->retention_policies) {
                for (const auto& group : policy->shard_groups) {
                    known[group->id] = {{database->name, policy->name, {}}, group->range};
                }
            }
        }
        for (const model::ShardGroupId id : editor_.catalog().doomed_groups) known[id] = {};
        return known;
    }

    const RetentionPolicy* find_policy(const std::string& database,
                                       const std::string& policy) const {
        const Database* owner = editor_.catalog().find_database(database);
        return owner == nullptr || policy.empty() ? nullptr : owner->find_policy(policy);
    }

    // A measurement that a delete names may be without points, and its fields gone for that.
    static bool is_deleted(const Database& database, const std::string& policy,
                           const std::string& measurement) {
        return std::any_of(database.tombstones.begin(), database.tombstones.end(),
                           [&](const std::shared_ptr<const model::Tombstone>& each) {
                               return each->reaches(policy) && !each->measurements.empty() &&
                                      each->names(measurement);
                           });
    }

    void complete_schema(const KnownGroup& known, const FoundGroup& found) {
        NamesWanted place = known.names;
        const Database& database = *editor_.catalog().find_database(place.database);
        const RetentionPolicy& policy = *database.find_policy(place.retention_policy);
        const ShardGroup* group = policy.find_group(found.id, known.range);
        GroupWanted wanted{found.id, known.range.begin, {}};
        for (const MeasurementWanted& each : found.measurements) {
            if (is_deleted(database, policy.name, each.name)) continue;
            const MeasurementSchema* schema = group->measurements.find(each.name);
            const bool is_complete =
                std::all_of(each.fields.begin(), each.fields.end(), [schema](const Field& field) {
                    return schema != nullptr && schema->find_field(field.name) != nullptr;
                });
            if (!is_complete) wanted.measurements.push_back(each);
        }
        if (wanted.measurements.empty()) return;
        for (const MeasurementWanted& each : wanted.measurements) {
            report_.made.push_back("measurement " + each.name + " of " + place.database + "." +
                                   place.retention_policy + " in shard group " +
                                   std::to_string(found.id) + ": fields that the catalog lacked");
        }
        report_.measurements += wanted.measurements.size();
        place.groups.push_back(std::move(wanted));
        const Result<void> made = editor_.ensure_names(place);
        SLUICE_CHECK(made.ok());
    }

    void make_policies(const std::vector<const FoundGroup*>& lost) {
        std::map<std::pair<std::string, std::string>, LostPolicy> policies;
        std::vector<std::pair<std::string, std::string>> order;
        for (const FoundGroup* each : lost) {
            if (!each->owner || each->owner->range.empty()) continue;
            const std::pair name(each->owner->database, each->owner->retention_policy);
            if (find_policy(name.first, name.second) != nullptr) continue;
            const auto [policy, added] = policies.try_emplace(name);
            if (added) order.push_back(name);
            policy->second.groups.push_back(each);
        }
        // A database's first policy becomes its default; "autogen", where there is one.
        std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
            return a.first == b.first && a.second == kDefaultPolicyName &&
                   b.second != kDefaultPolicyName;
        });
        for (const auto& name : order) make_policy(name.first, name.second, policies.at(name));
    }

    void make_policy(const std::string& database, const std::string& name, const LostPolicy& lost) {
        bool is_guess = false;
        RetentionPolicySpec spec;
        spec.name = name;
        spec.duration_ns = lost.duration_ns(is_guess);
        spec.shard_group_duration_ns = lost.group_duration_ns();
        if (*spec.duration_ns != 0 && *spec.duration_ns < spec.shard_group_duration_ns) {
            spec.shard_group_duration_ns = 0;
        }
        const bool is_new = editor_.catalog().find_database(database) == nullptr;
        const Result<void> made = is_new ? editor_.create_database(database, spec)
                                         : editor_.create_retention_policy(database, spec, false);
        const std::string full = database + "." + name;
        if (!made.ok()) {
            report_.doubts.push_back("retention policy " + full +
                                     " cannot be made: " + made.error().message);
            return;
        }
        if (is_new) ++report_.databases;
        ++report_.policies;
        policies_made_[database].push_back(name);
        report_.made.push_back("retention policy " + full + ", which keeps points " +
                               duration_text(*spec.duration_ns));
        if (is_guess) {
            report_.doubts.push_back("retention policy " + full +
                                     " has points that it would have removed if it still kept " +
                                     duration_text(lost.groups.back()->owner->policy_duration_ns) +
                                     ": it keeps them for ever now");
        }
    }

    void restore(const FoundGroup& group) {
        if (!group.owner && !group.rows) return;
        if (group.owner &&
            find_policy(group.owner->database, group.owner->retention_policy) != nullptr) {
            const NamesWanted place{group.owner->database, group.owner->retention_policy, {}};
            if (editor_.restore_group(place, group.id, group.owner->range, group.measurements)
                    .ok()) {
                ++restored_[place.database];
                count(group);
                return;
            }
            if (group.rows) misfits_.push_back(group.id);
        } else {
            if (group.rows) strangers_.push_back(group.id);
        }
        if (group.rows) restore_elsewhere(group);
    }

    void count(const FoundGroup& group) {
        ++report_.groups;
        report_.measurements += group.measurements.size();
    }

    // Into the first policy of the database for strangers in which it overlaps nothing.
    void restore_elsewhere(const FoundGroup& group) {
        if (recovered_.empty()) {
            recovered_ = kRecoveredName;
            for (int i = 2; editor_.catalog().find_database(recovered_) != nullptr; ++i) {
                recovered_ = std::string(kRecoveredName) + "-" + std::to_string(i);
            }
            ++report_.databases;
        }
        for (int i = 1;; ++i) {
            RetentionPolicySpec spec;
            spec.name = kDefaultPolicyName;
            if (i > 1) spec.name += "-" + std::to_string(i);
            if (find_policy(recovered_, spec.name) == nullptr) {
                const Result<void> made =
                    i == 1 ? editor_.create_database(recovered_, spec)
                           : editor_.create_retention_policy(recovered_, spec, false);
                SLUICE_CHECK(made.ok());
                ++report_.policies;
            }
            const NamesWanted place{recovered_, spec.name, {}};
            if (editor_.restore_group(place, group.id, *group.rows, group.measurements).ok()) break;
        }
        count(group);
    }

    void tell() {
        for (const auto& [database, groups] : restored_) {
            report_.made.push_back(count_of(groups, "shard group") + " of database " + database);
        }
        for (const auto& [database, policies] : policies_made_) {
            const Database* made = editor_.catalog().find_database(database);
            if (policies.size() < 2 || made->retention_policies.size() != policies.size()) continue;
            report_.doubts.push_back("which retention policy of " + database +
                                     " was the default is not known: it is " +
                                     made->default_retention_policy + " now");
        }
        const auto tell_elsewhere = [this](std::vector<model::ShardGroupId>& ids,
                                           const std::string& why) {
            if (ids.empty()) return;
            std::sort(ids.begin(), ids.end());
            report_.doubts.push_back(list_of(ids) + why + ": the points are in database " +
                                     recovered_);
        };
        tell_elsewhere(strangers_, ", of a database that no store knows");
        tell_elsewhere(misfits_, ", which overlap others of their retention policy");
    }

    CatalogEditor& editor_;
    RebuildReport report_;
    std::string recovered_;  // the database for what has none
    std::map<std::string, std::vector<std::string>> policies_made_;
    std::map<std::string, std::uint64_t> restored_;  // groups by database
    std::vector<model::ShardGroupId> strangers_;
    std::vector<model::ShardGroupId> misfits_;
};

}  // namespace

std::string RebuildReport::summary() const {
    return count_of(databases, "database") + ", " + count_of(policies, "retention policy") + ", " +
           count_of(groups, "shard group") + ", " + count_of(measurements, "measurement");
}

RebuildReport rebuild_catalog(CatalogEditor& editor, std::vector<FoundGroup> found,
                              bool with_schemas) {
    return Rebuilding(editor).run(std::move(found), with_schemas);
}

}  // namespace sluice::meta
