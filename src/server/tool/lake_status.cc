#include "server/tool/lake_status.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "server/lake/lake_journal.h"
#include "server/tool/console.h"
#include "sluice/query/value_text.h"

namespace sluice::server {
namespace {

struct TableTotal {
    std::uint64_t groups = 0;
    std::uint64_t files = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    model::Timestamp until = model::kTimestampMin;
};

void print(const LakeState& state) {
    std::map<TableKey, TableTotal> totals;
    std::uint64_t under_way = 0;
    for (const auto& [key, entry] : state.entries()) {
        if (entry.planned) ++under_way;
        if (!entry.published) continue;
        TableTotal& total = totals[key.table];
        ++total.groups;
        total.files += entry.published->files.size();
        total.rows += entry.published->rows();
        total.bytes += entry.published->bytes();
        total.until = std::max(total.until, entry.published->range.end);
    }
    print_line("lake " + state.identity().root + ", node " + state.identity().node);
    for (const auto& [table, total] : totals) {
        std::string line = "  " + table.text() + ": " + std::to_string(total.groups) +
                           " shard groups, " + std::to_string(total.files) + " files, " +
                           std::to_string(total.rows) + " rows, " + std::to_string(total.bytes) +
                           " bytes, the newest until ";
        query::append_rfc3339(line, total.until);
        print_line(line);
    }
    if (under_way != 0) {
        print_line("  under way: " + std::to_string(under_way) +
                   "; the publisher goes on with it when it runs");
    }
}

}  // namespace

Result<std::vector<LakeState>> read_lake_states(const std::string& directory) {
    const std::string folder = journal_folder(directory);
    std::error_code error;
    std::vector<std::string> paths;
    for (const auto& each : std::filesystem::directory_iterator(folder, error)) {
        if (each.path().extension() == ".journal") paths.push_back(each.path().string());
    }
    if (paths.empty()) {
        return Error{ErrorKind::kNotFound, directory + " has not published anything"};
    }
    std::sort(paths.begin(), paths.end());
    std::vector<LakeState> states;
    for (const std::string& path : paths) {
        SLUICE_TRY(const std::string bytes, read_file(path));
        SLUICE_TRY(LakeState state, parse_journal(bytes, path));
        states.push_back(std::move(state));
    }
    return states;
}

Result<void> print_lake_status(const std::string& directory) {
    SLUICE_TRY(const std::vector<LakeState> states, read_lake_states(directory));
    for (const LakeState& state : states) print(state);
    return {};
}

}  // namespace sluice::server
