// Everything that a node knows of what it has published, and the records that change it: the same
// record gives the same state, whether it has just been written or is read at a start.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/lake/publication.h"
#include "sluice/base/byte_writer.h"
#include "sluice/lake/table_columns.h"

namespace sluice::server {

// Whose journal it is. The first record.
struct LakeIdentity {
    std::string root;
    std::string node;
    std::uint64_t owner = 0;  // drawn once; the folder of the node in the root has it, too
};

// The files of a generation lie ready under names that no reader sees. From here on they are what
// counts: whoever finds this record goes on and gives them their names.
struct LakePlanned {
    PublicationKey key;
    Publication publication;
    std::map<lake::TableName, std::string> new_names;  // of columns of the table
};

// They have their names, and those of the generation before are gone.
struct LakePublished {
    PublicationKey key;
    std::uint64_t generation = 0;
};

// The group was read again, and its rows are the same.
struct LakeUnchanged {
    PublicationKey key;
    GroupMark mark;
};

// Nothing more will be done about it, and its files stay as they are.
struct LakeForgotten {
    PublicationKey key;
};

using LakeRecord =
    std::variant<LakeIdentity, LakePlanned, LakePublished, LakeUnchanged, LakeForgotten>;

void append_lake_record(const LakeRecord& record, ByteWriter& out);
// False: these bytes are no record.
bool read_lake_record(ByteReader& in, LakeRecord& out);

class LakeState {
public:
    // A publication that lacks `published` has never been there; with `planned` its files are on
    // their way.
    struct Entry {
        std::optional<Publication> published;
        std::optional<Publication> planned;
    };

    void apply(const LakeRecord& record);

    const LakeIdentity& identity() const { return identity_; }
    const std::map<PublicationKey, Entry>& entries() const { return entries_; }
    const Entry* find(const PublicationKey& key) const;
    // The names that columns of the table have had so far.
    std::map<lake::TableName, std::string> names_of(const TableKey& table) const;
    // Records that give this state.
    std::vector<LakeRecord> records() const;

private:
    LakeIdentity identity_;
    std::map<PublicationKey, Entry> entries_;
    std::map<TableKey, std::map<lake::TableName, std::string>> names_;
};

}  // namespace sluice::server
