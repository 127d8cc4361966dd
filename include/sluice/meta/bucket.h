// A bucket is what the 2.x API calls a database with one of its retention policies. There is one
// catalog with two views: each policy of each database is a bucket, whichever API made it.
//
//     d          the default policy of database "d"
//     d/week     the policy "week" of database "d"
//
// A bucket is shown by its short name if its policy is the default and is called "autogen", as one
// is that the 2.x API makes by a short name, so that names do not change when defaults do.
//
// Its id follows from the two names, so it needs no place in the catalog, is the same after a
// restart, and names the same bucket on a server that was restored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::meta {

struct Catalog;
struct Database;
struct RetentionPolicy;

// The first 8 bytes of SHA-256, so that nobody can make a bucket that has the id of another. Never
// 0.
std::uint64_t bucket_id_of(std::string_view database, std::string_view policy);

// Valid as long as the catalog.
struct Bucket {
    const Database* database = nullptr;
    const RetentionPolicy* policy = nullptr;

    bool is_default() const;
    std::string name() const;
};

struct BucketName {
    std::string_view database;
    std::string_view policy;  // empty: the default
};
// Cuts at the first slash.
BucketName split_bucket_name(std::string_view name);

std::optional<Bucket> find_bucket_named(const Catalog& catalog, std::string_view name);
std::optional<Bucket> find_bucket(const Catalog& catalog, std::uint64_t id);

// Ids as the 2.x API writes them: 16 hexadecimal digits, small letters, not all of them 0.
std::string id_text(std::uint64_t id);
std::optional<std::uint64_t> parse_id(std::string_view text);

}  // namespace sluice::meta
