// These are the changes of a catalog to what only the 2.x API knows: tokens, what is said about
// buckets, and the name of the organisation.
#include <algorithm>

#include "meta/draft/catalog_draft.h"
#include "sluice/meta/bucket.h"

namespace sluice::meta {

// The place of a token among those that are sorted by id.
std::size_t CatalogDraft::token_place(std::uint64_t id) const {
    const auto& tokens = catalog_->tokens;
    const auto at =
        std::ranges::lower_bound(tokens, id, {}, [](const auto& each) { return each->id; });
    return static_cast<std::size_t>(at - tokens.begin());
}

bool CatalogDraft::create_token(Token token) {
    if (token.id == 0 || token.code.size() != kTokenCodeBytes) return false;
    if (catalog_->find_token(token.id) != nullptr ||
        catalog_->find_token_of_code(token.code) != nullptr) {
        return false;
    }
    if (recording_) {
        record(CatalogOp::kCreateToken);
        write_token(changes_, token);
    }
    token.edit = edit_;
    const TokenPlace entry{token_prefix(token.code), token.id};
    auto& index = catalog_->tokens_by_code;
    index.insert(std::ranges::upper_bound(index, entry.prefix, {}, &TokenPlace::prefix), entry);
    auto& tokens = catalog_->tokens;
    tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(token_place(token.id)),
                  std::make_shared<const Token>(std::move(token)));
    return true;
}

bool CatalogDraft::alter_token(std::uint64_t id, std::string_view description, bool is_active,
                               std::int64_t now_ns) {
    if (catalog_->find_token(id) == nullptr) return false;
    Token& token = own(catalog_->tokens[token_place(id)], edit_);
    token.description = description;
    token.is_active = is_active;
    token.updated_ns = now_ns;
    if (!recording_) return true;
    record(CatalogOp::kAlterToken);
    changes_.write(id);
    changes_.write_text(description);
    changes_.write(static_cast<std::uint8_t>(is_active ? 1 : 0));
    changes_.write(now_ns);
    return true;
}

bool CatalogDraft::drop_token(std::uint64_t id) {
    if (catalog_->find_token(id) == nullptr) return false;
    if (recording_) {
        record(CatalogOp::kDropToken);
        changes_.write(id);
    }
    remove_token(id);
    return true;
}

void CatalogDraft::remove_token(std::uint64_t id) {
    std::erase_if(catalog_->tokens_by_code, [id](const TokenPlace& each) { return each.id == id; });
    catalog_->tokens.erase(catalog_->tokens.begin() + static_cast<std::ptrdiff_t>(token_place(id)));
}

// A user of the same name that is made later is another one.
void CatalogDraft::forget_tokens_of(std::string_view user) {
    std::vector<std::uint64_t> gone;
    for (const auto& token : catalog_->tokens) {
        if (token->user == user) gone.push_back(token->id);
    }
    for (const std::uint64_t id : gone) remove_token(id);
}

// So is a bucket, though it has the same id.
void CatalogDraft::forget_permissions(std::uint64_t bucket) {
    const auto is_for = [bucket](const Permission& each) {
        return each.id == bucket && each.type == kBucketResource;
    };
    for (auto& token : catalog_->tokens) {
        if (!std::ranges::any_of(token->permissions, is_for)) continue;
        std::erase_if(own(token, edit_).permissions, is_for);
    }
}

bool CatalogDraft::describe_bucket(std::string_view database, std::string_view policy,
                                   const BucketFacts& facts) {
    RetentionPolicy* const owner = own_policy(database, policy);
    if (owner == nullptr) return false;
    owner->facts = facts;
    if (!recording_) return true;
    record(CatalogOp::kDescribeBucket);
    changes_.write_text(database);
    changes_.write_text(policy);
    changes_.write_text(facts.description);
    changes_.write(facts.created_ns);
    changes_.write(facts.updated_ns);
    return true;
}

bool CatalogDraft::name_organization(const Organization& organization) {
    if (organization.name.empty()) return false;
    catalog_->organization = organization;
    if (!recording_) return true;
    record(CatalogOp::kNameOrganization);
    changes_.write_text(organization.name);
    changes_.write_text(organization.description);
    changes_.write(organization.created_ns);
    changes_.write(organization.updated_ns);
    return true;
}

void write_token(ByteWriter& out, const Token& token) {
    out.write(token.id);
    out.write_text(token.code);
    out.write_text(token.user);
    out.write_text(token.description);
    out.write(static_cast<std::uint8_t>(token.is_active ? 1 : 0));
    out.write(token.created_ns);
    out.write(token.updated_ns);
    out.write_varint(token.permissions.size());
    for (const Permission& each : token.permissions) {
        out.write(static_cast<std::uint8_t>(each.privilege));
        out.write_text(each.type);
        out.write(each.id);
    }
}

namespace {

bool read_token(ByteReader& in, Token& token) {
    token.id = in.read<std::uint64_t>();
    token.code = in.read_text();
    token.user = in.read_text();
    token.description = in.read_text();
    const auto is_active = in.read<std::uint8_t>();
    token.created_ns = in.read<std::int64_t>();
    token.updated_ns = in.read<std::int64_t>();
    const std::uint64_t count = in.read_varint();
    // A permission takes ten bytes at least: a damaged count cannot make us reserve memory.
    if (!in.ok() || is_active > 1 || count > in.remaining() / 10) return false;
    token.is_active = is_active == 1;
    token.permissions.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto privilege = in.read<std::uint8_t>();
        const std::string_view type = in.read_text();
        const auto id = in.read<std::uint64_t>();
        if (!in.ok() || privilege < 1 || privilege > 2) return false;
        token.permissions.push_back({static_cast<Privilege>(privilege), std::string(type), id});
    }
    return true;
}

}  // namespace

bool CatalogDraft::apply_token(CatalogOp op, ByteReader& in, bool& well_formed) {
    switch (op) {
        case CatalogOp::kCreateToken: {
            Token token;
            well_formed = read_token(in, token);
            return well_formed && create_token(std::move(token));
        }
        case CatalogOp::kAlterToken: {
            const auto id = in.read<std::uint64_t>();
            const std::string_view description = in.read_text();
            const auto is_active = in.read<std::uint8_t>();
            const auto now_ns = in.read<std::int64_t>();
            well_formed = in.ok() && is_active <= 1;
            return well_formed && alter_token(id, description, is_active == 1, now_ns);
        }
        case CatalogOp::kDropToken: {
            const auto id = in.read<std::uint64_t>();
            return in.ok() && drop_token(id);
        }
        case CatalogOp::kDescribeBucket: {
            const std::string_view database = in.read_text();
            const std::string_view policy = in.read_text();
            BucketFacts facts;
            facts.description = in.read_text();
            facts.created_ns = in.read<std::int64_t>();
            facts.updated_ns = in.read<std::int64_t>();
            return in.ok() && describe_bucket(database, policy, facts);
        }
        default: {
            Organization organization;
            organization.name = in.read_text();
            organization.description = in.read_text();
            organization.created_ns = in.read<std::int64_t>();
            organization.updated_ns = in.read<std::int64_t>();
            return in.ok() && name_organization(organization);
        }
    }
}

}  // namespace sluice::meta
