// The resources of the 2.x API as JSON, in the shapes of InfluxDB 2.7.
//
// Each appends one object to a JsonText.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/meta/bucket.h"
#include "sluice/meta/catalog.h"
#include "sluice/query/json_text.h"

namespace sluice::server {

// Users have names only; their ids follow from these as those of buckets do.
std::uint64_t user_id_of(std::string_view name);
const meta::User* find_user_by_id(const meta::Catalog& catalog, std::uint64_t id);

class Documents {
public:
    // `organization` is its name. Both outlive it.
    Documents(query::JsonText& json, std::string_view organization)
        : json_(json), organization_(organization) {}

    void bucket(const meta::Bucket& bucket);
    void organization(const meta::Catalog& catalog);
    void user(std::string_view name);
    // `text` is shown once, when the token has been made; nothing otherwise.
    void token(const meta::Catalog& catalog, const meta::Token& token, std::string_view text);
    // A bucket as the mapping that 1.x needs.
    void mapping(const meta::Bucket& bucket);
    // An empty list of labels, members or owners.
    void nothing(std::string_view list, std::string_view self);

    // `"name":"text"`.
    void member(std::string_view name, std::string_view text);
    void self_link(std::string_view path);

private:
    void times(std::int64_t created_ns, std::int64_t updated_ns);
    void permission(const meta::Catalog& catalog, const meta::Permission& permission);

    query::JsonText& json_;
    const std::string_view organization_;
};

}  // namespace sluice::server
