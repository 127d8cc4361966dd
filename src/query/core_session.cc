#include "query/core_session.h"

#include <algorithm>
#include <unordered_map>

#include "query/sort_in_slices.h"
#include "sluice/base/hash.h"
#include "sluice/base/units.h"
#include "sluice/model/series_key.h"

namespace sluice::query {
namespace {

// Looking at the clock for every series would cost more than the series.
constexpr std::size_t kSeriesPerBreath = 256;

io::Task<Result<void>> list_piece(CoreView& core, const PlannedSource& source, Piece piece,
                                  CoreSession& session) {
    StoreReader& store = core.store(piece.store);
    auto listed = co_await store.list_series(source.groups[piece.group].group, source.measurement);
    if (!listed.ok()) co_return std::move(listed).error();
    if (listed->keys().empty()) co_return Result<void>();
    piece.series = std::move(*listed);
    session.memory_bytes += piece.series.memory_bytes();
    session.pieces.push_back(std::move(piece));
    co_return Result<void>();
}

void collect_tag_keys(std::string_view key, TagKeys& keys) {
    for (model::Tag& tag : model::parse_series_key(key).tags) {
        if (!keys.contains(tag.key)) keys.insert(std::move(tag.key));
    }
}

}  // namespace

Error too_much_memory(std::uint64_t bytes_max) {
    return {ErrorKind::kTooLarge, "query needs more memory than this server grants it (" +
                                      std::to_string(bytes_max / kMiB) +
                                      " MiB): narrow its time range, its series or its grouping"};
}

bool is_field_reference(const influxql::VarRef& ref) {
    return ref.type != influxql::DataType::kTag;
}

std::uint64_t series_identity(std::string_view key, std::uint32_t source, std::uint32_t group) {
    constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;
    return hash_bytes(key) ^ (((std::uint64_t{source} << 32) | group) + 1) * kMix;
}

void CoreSession::renumber(const std::vector<std::uint32_t>& numbers) {
    for (Piece& piece : pieces) {
        for (std::uint32_t& tag_set : piece.tag_sets) {
            if (tag_set != kNoTagSet) tag_set = numbers[tag_set];
        }
    }
}

io::Task<Result<void>> ListJob::run(CoreView& core) {
    CoreSession& session = sessions_[core.number()];
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
        for (std::uint32_t group = 0; group < sources_[source].groups.size(); ++group) {
            for (std::size_t store = 0; store < core.store_count(); ++store) {
                Piece piece;
                piece.source = source;
                piece.group = group;
                piece.store = store;
                Result<void> listed =
                    co_await list_piece(core, sources_[source], std::move(piece), session);
                if (!listed.ok()) co_return std::move(listed).error();
                if (session.memory_bytes > memory_bytes_max_) {
                    co_return too_much_memory(memory_bytes_max_);
                }
                co_await core.breathe();
            }
        }
    }
    if (!with_tag_keys_) co_return Result<void>();
    for (const Piece& piece : session.pieces) {
        std::size_t count = 0;
        for (const std::string_view key : piece.series.keys()) {
            collect_tag_keys(key, session.tag_keys);
            if (++count % kSeriesPerBreath == 0) co_await core.breathe();
        }
    }
    co_return Result<void>();
}

std::string_view tag_in_key(std::string_view key, std::string_view tag, std::string& scratch) {
    const auto unescaped_end = [&](std::size_t from, char stop) {
        std::size_t at = from;
        while (at < key.size() && key[at] != stop)
            at += key[at] == '\\' && at + 1 < key.size() ? 2 : 1;
        return std::min(at, key.size());
    };
    std::size_t at = unescaped_end(0, ',');
    while (at < key.size()) {
        const std::size_t name_at = at + 1;
        const std::size_t equals = unescaped_end(name_at, '=');
        const std::size_t end = unescaped_end(std::min(equals + 1, key.size()), ',');
        std::string_view name = key.substr(name_at, equals - name_at);
        std::string_view value =
            equals + 1 <= end ? key.substr(equals + 1, end - equals - 1) : std::string_view();
        at = end;
        const bool escaped = name.find('\\') != std::string_view::npos;
        if (escaped ? model::unescape_tag(name) != tag : name != tag) continue;
        if (value.find('\\') == std::string_view::npos) return value;
        scratch = model::unescape_tag(value);
        return scratch;
    }
    return {};
}

io::Task<Result<void>> GroupJob::run(CoreView& core) {
    CoreSession& session = sessions_[core.number()];
    const SeriesFilter filter(plan_.condition.get(), is_field_reference);
    std::unordered_map<TagSetKey, std::uint32_t> known;
    std::string scratch;
    // One per tag of the condition: the values of several are looked at together.
    std::vector<std::string> scratches(filter.tags().size());
    TagSetKey tag_set;
    for (Piece& piece : session.pieces) {
        piece.tag_sets.reserve(piece.series.keys().size());
        std::size_t count = 0;
        for (const std::string_view key : piece.series.keys()) {
            if (++count % kSeriesPerBreath == 0) co_await core.breathe();
            const auto tag_value = [&](std::string_view tag) {
                std::size_t place = 0;
                while (filter.tags()[place] != tag) ++place;
                return tag_in_key(key, tag, scratches[place]);
            };
            if (filter.judge(tag_value) == Verdict::kNever) {
                piece.tag_sets.push_back(kNoTagSet);
                continue;
            }
            tag_set = plan_.sources[piece.source].measurement;
            for (const std::string& dimension : plan_.dimensions) {
                tag_set += '\0';
                tag_set += tag_in_key(key, dimension, scratch);
            }
            const auto [entry, is_new] =
                known.try_emplace(tag_set, static_cast<std::uint32_t>(session.tag_sets.size()));
            if (is_new) {
                session.tag_sets.push_back(tag_set);
                session.memory_bytes += 2 * (tag_set.capacity() + sizeof(TagSetKey)) + 64;
            }
            piece.tag_sets.push_back(entry->second);
            session.series_hashes.push_back(series_identity(key, piece.source, piece.group));
        }
        session.memory_bytes += piece.tag_sets.size() * 12;
        if (session.memory_bytes > memory_bytes_max_) co_return too_much_memory(memory_bytes_max_);
    }
    co_await sort_in_slices(core, session.series_hashes);
    co_return Result<void>();
}

}  // namespace sluice::query
