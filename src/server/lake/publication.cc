#include "server/lake/publication.h"

#include "sluice/lake/table_columns.h"

namespace sluice::server {

std::uint64_t Publication::rows() const {
    std::uint64_t sum = 0;
    for (const WrittenFile& file : files) sum += file.rows;
    return sum;
}

std::uint64_t Publication::bytes() const {
    std::uint64_t sum = 0;
    for (const WrittenFile& file : files) sum += file.bytes;
    return sum;
}

std::string published_prefix(const PublicationKey& key, const std::string& node, std::int64_t day) {
    return table_folder(key.table.database, key.table.policy, key.table.measurement) +
           "/day=" + lake::day_name(day) + "/node=" + node + "/" + std::to_string(key.group) + "-";
}

std::string published_path(const PublicationKey& key, const std::string& node,
                           std::uint64_t generation, const WrittenFile& file) {
    return published_prefix(key, node, file.day) + std::to_string(generation) + "-" +
           std::to_string(file.part) + ".parquet";
}

}  // namespace sluice::server
