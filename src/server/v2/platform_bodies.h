// What the bodies of the 2.x API say, one struct for each kind of body.
//
// Pure. Reading fails with kInvalid and a sentence for the client; whether names and ids exist is
// the handler's question. Members that are not known are passed over, as InfluxDB does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/meta/user.h"

namespace sluice::server {

struct RetentionRule {
    std::int64_t every_seconds = 0;        // 0: for ever
    std::int64_t shard_group_seconds = 0;  // 0: follows from that
};

struct BucketBody {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::string organization_id;
    std::optional<RetentionRule> retention;
};
Result<BucketBody> read_bucket_body(std::string_view text);

struct PermissionBody {
    meta::Privilege privilege = meta::Privilege::kRead;
    std::string type;
    std::string id;    // may be empty
    std::string name;  // of the resource; may be empty
    std::string organization_id;
    std::string organization;
};
struct TokenBody {
    std::string organization_id;
    std::string user_id;
    std::optional<std::string> description;
    std::optional<bool> is_active;
    std::vector<PermissionBody> permissions;
};
Result<TokenBody> read_token_body(std::string_view text);

struct SetupBody {
    std::string user;
    std::string password;
    std::string organization;
    std::string bucket;
    std::string token;  // empty: the server draws one
    RetentionRule retention;
};
Result<SetupBody> read_setup_body(std::string_view text);

// Of users and organisations.
struct NameBody {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<bool> is_active;
};
Result<NameBody> read_name_body(std::string_view text);

struct PasswordBody {
    std::string password;
};
Result<PasswordBody> read_password_body(std::string_view text);

struct MappingBody {
    std::string bucket_id;
    std::string database;
    std::string policy;
    std::optional<bool> is_default;
};
Result<MappingBody> read_mapping_body(std::string_view text);

struct DeleteBody {
    std::int64_t start_ns = 0;
    std::int64_t stop_ns = 0;  // inclusive
    std::string predicate;
};
Result<DeleteBody> read_delete_body(std::string_view text);

struct QueryBody {
    std::string text;
    std::string type;  // "flux" unless the body says another
    std::string bucket;
    std::string database;
    std::string policy;
};
Result<QueryBody> read_query_body(std::string_view text);

}  // namespace sluice::server
