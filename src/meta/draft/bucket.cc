#include "sluice/meta/bucket.h"

#include <openssl/sha.h>

#include <charconv>

#include "sluice/meta/catalog.h"
#include "sluice/meta/retention_policy.h"

namespace sluice::meta {

std::uint64_t bucket_id_of(std::string_view database, std::string_view policy) {
    // Names hold no slash, so the text stands for one pair of names.
    std::string text = "bucket/";
    text.append(database).append("/").append(policy);
    unsigned char code[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), code);
    std::uint64_t id = 0;
    for (unsigned i = 0; i < 8; ++i) id = id << 8 | code[i];
    return id == 0 ? 1 : id;
}

bool Bucket::is_default() const {
    return policy->name == database->default_retention_policy;
}

std::string Bucket::name() const {
    const bool is_short = is_default() && policy->name == kDefaultPolicyName;
    return is_short ? database->name : database->name + "/" + policy->name;
}

BucketName split_bucket_name(std::string_view name) {
    const std::size_t slash = name.find('/');
    if (slash == name.npos) return {name, {}};
    return {name.substr(0, slash), name.substr(slash + 1)};
}

std::optional<Bucket> find_bucket_named(const Catalog& catalog, std::string_view name) {
    const BucketName parts = split_bucket_name(name);
    const Database* const database = catalog.find_database(parts.database);
    if (database == nullptr) return std::nullopt;
    const RetentionPolicy* const policy = database->find_policy(parts.policy);
    if (policy == nullptr) return std::nullopt;
    return Bucket{database, policy};
}

std::optional<Bucket> find_bucket(const Catalog& catalog, std::uint64_t id) {
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            if (policy->bucket_id == id) return Bucket{database.get(), policy.get()};
        }
    }
    return std::nullopt;
}

std::string id_text(std::uint64_t id) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text(16, '0');
    for (unsigned i = 0; i < 16; ++i) text[15 - i] = kDigits[id >> (4 * i) & 15];
    return text;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
    std::uint64_t id = 0;
    const char* const end = text.data() + text.size();
    if (text.size() != 16 || text.front() == '-') return std::nullopt;
    const auto [stop, error] = std::from_chars(text.data(), end, id, 16);
    if (error != std::errc() || stop != end || id == 0) return std::nullopt;
    return id;
}

}  // namespace sluice::meta
