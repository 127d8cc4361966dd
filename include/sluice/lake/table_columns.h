// The columns of a table: time, tags and fields under names that every reader tells apart.
//
// DuckDB, Trino and Spark do not see the case of letters in names, and a table has one column of a
// name, where InfluxDB may have a tag and a field. A name that is taken gets a word behind it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/lake/parquet_metadata.h"
#include "sluice/model/field_type.h"

namespace sluice::lake {

struct TableField {
    std::string name;
    model::FieldType type = model::FieldType::kFloat;
    auto operator<=>(const TableField&) const = default;
};

// A tag or field, and what tells it from others.
struct TableName {
    bool is_tag = false;
    std::string name;
    model::FieldType type = model::FieldType::kFloat;  // of a field
    auto operator<=>(const TableName&) const = default;
};

// What names of columns are taken before the first one is given.
struct TableNames {
    // Readers make columns of the names of folders.
    std::vector<std::string> partitions{"day"};
    // What a table that grows has called its columns so far: they keep their names.
    std::map<TableName, std::string> known;
};

// The columns are: time, nanos if it is wanted, tags, fields. Tags and fields are sorted by name
// and distinct; a field that has had several types is several fields.
class TableColumns {
public:
    TableColumns(bool with_nanos, std::vector<std::string> tags, std::vector<TableField> fields,
                 const TableNames& names = {});

    const std::vector<ParquetColumn>& columns() const { return columns_; }
    const std::vector<std::string>& tags() const { return tags_; }
    const std::vector<TableField>& fields() const { return fields_; }
    std::size_t first_tag() const { return first_tag_; }
    std::size_t first_field() const { return first_tag_ + tags_.size(); }

    // For the metadata of a file: "tag <column>" or "field <column>" and the name behind it, of the
    // columns that could not have the name of theirs.
    std::vector<std::pair<std::string, std::string>> renamed() const;
    // The names of the columns that had none before.
    const std::map<TableName, std::string>& new_names() const { return new_names_; }

private:
    std::vector<ParquetColumn> columns_;
    std::vector<std::string> tags_;
    std::vector<TableField> fields_;
    std::map<TableName, std::string> new_names_;
    std::size_t first_tag_ = 0;
};

// A name as the name of one folder, another one for each name: letters, digits, '-', '_', '.' and
// what is not ASCII stay, all else becomes %XX, so that it has no meaning for a shell, a search for
// files or a reader that takes `a=b` for a partition. A name that is too long for a file system
// ends in a hash.
std::string folder_name(std::string_view name);

// The day of a time, as a partition is named by: 2026-01-31.
std::string day_name(std::int64_t days_since_1970);

}  // namespace sluice::lake
