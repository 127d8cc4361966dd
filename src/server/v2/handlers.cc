// What the handlers of the 2.x API share.
#include "server/v2/handlers.h"

#include <sys/random.h>

#include "server/auth/base64.h"
#include "server/services/organization.h"
#include "sluice/base/check.h"
#include "sluice/base/go_text.h"
#include "sluice/base/units.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {

std::string shown_organization(PlatformCall& call) {
    const std::string_view name =
        organization_name(call.catalog(), call.services().config().http.organization);
    if (!name.empty()) return std::string(name);
    // Whatever a client calls it: it has no other name yet.
    const std::string_view asked = call.parameter("org");
    return std::string(asked.empty() || meta::parse_id(asked) ? kUnnamedOrganization : asked);
}

bool organization_fits(PlatformCall& call, std::string_view name, std::string_view id) {
    if (name.empty() && id.empty()) return true;
    const auto refusal = check_organization(
        organization_name(call.catalog(), call.services().config().http.organization), name, id);
    if (refusal) call.refuse(refusal->status, refusal->message);
    return !refusal;
}

void answer_with(PlatformCall& call, std::uint16_t status,
                 const std::function<void(Documents&)>& append) {
    query::JsonText json(false);
    const std::string organization = shown_organization(call);
    Documents documents(json, organization);
    append(documents);
    call.answer(status, json);
}

void answer_list(PlatformCall& call, std::string_view name,
                 const std::function<void(Documents&)>& append) {
    query::JsonText json(false);
    const std::string organization = shown_organization(call);
    Documents documents(json, organization);
    json.begin_object();
    documents.self_link("/api/v2/" + std::string(name));
    json.key(name);
    json.begin_array();
    append(documents);
    json.end_array();
    json.end_object();
    call.answer(200, json);
}

std::optional<Page> read_page(PlatformCall& call) {
    constexpr std::int64_t kLimitMax = 100;  // as in InfluxDB
    Page page;
    const auto read = [&call](std::string_view name, std::int64_t least, std::int64_t most,
                              std::size_t& value) {
        const std::string_view text = call.parameter(name);
        if (text.empty()) return true;
        const Result<std::int64_t> number = parse_go_integer(text);
        if (!number.ok() || *number < least || *number > most) {
            call.refuse(400, std::string(name) + " must be between " + std::to_string(least) +
                                 " and " + std::to_string(most));
            return false;
        }
        value = static_cast<std::size_t>(*number);
        return true;
    };
    if (!read("limit", 1, kLimitMax, page.limit)) return std::nullopt;
    if (!read("offset", 0, INT32_MAX, page.offset)) return std::nullopt;
    page.descending = call.parameter("descending") == "true";
    const std::string_view after = call.parameter("after");
    if (after.empty()) return page;
    const auto id = meta::parse_id(after);
    if (!id) {
        call.refuse(400, "after must be an id");
        return std::nullopt;
    }
    page.after = *id;
    return page;
}

std::string page_link(std::string_view path, const Page& page, std::size_t offset) {
    return std::string(path) + "?descending=" + (page.descending ? "true" : "false") +
           "&limit=" + std::to_string(page.limit) + "&offset=" + std::to_string(offset);
}

std::uint64_t draw_number() {
    std::uint64_t number = 0;
    while (number == 0) {
        SLUICE_CHECK(::getrandom(&number, sizeof number, 0) == sizeof number);
    }
    return number;
}

std::string draw_token() {
    std::string bytes(64, '\0');
    SLUICE_CHECK(::getrandom(bytes.data(), bytes.size(), 0) == 64);
    std::string token;
    append_base64_encoded(token, bytes, Base64Alphabet::kUrl);
    return token;
}

meta::RetentionPolicySpec policy_of(std::string_view name, std::int64_t every_seconds,
                                    std::int64_t shard_group_seconds) {
    meta::RetentionPolicySpec spec;
    spec.name = name.empty() ? meta::kDefaultPolicyName : name;
    spec.duration_ns = every_seconds * kSecondNs;
    spec.shard_group_duration_ns = shard_group_seconds * kSecondNs;
    return spec;
}

}  // namespace sluice::server
