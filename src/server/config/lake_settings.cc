#include "server/config/lake_settings.h"

#include <string_view>

namespace sluice::server {
namespace {

constexpr std::string_view kFolder = "file://";
constexpr std::size_t kNodeBytesMax = 64;

Error invalid(std::string text) {
    return {ErrorKind::kInvalid, std::move(text)};
}

Result<void> check_folder(const std::string& root) {
    if (root.empty()) {
        return invalid(
            "lake.root: a folder is needed, such as \"file:///srv/lake\", or a bucket, such as "
            "\"s3://bucket/lake\"");
    }
    if (!root.starts_with(kFolder) || root.size() <= kFolder.size() + 1 ||
        root[kFolder.size()] != '/') {
        return invalid("lake.root: \"" + root +
                       "\" is not file:// and an absolute path, such as \"file:///srv/lake\", nor "
                       "s3:// and a bucket");
    }
    return {};
}

BucketSettings bucket_settings(const LakeSettings& lake) {
    return {lake.root, lake.endpoint, lake.region, lake.path_style};
}

// It stands in names of folders as it is, and readers find it there as the value of a column.
Result<void> check_node(const std::string& node) {
    bool good = node.size() <= kNodeBytesMax && !node.starts_with('.');
    for (const char c : node) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        good = good && (is_letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.');
    }
    if (good) return {};
    return invalid("lake.node: letters, digits, '-', '_' and '.', at most " +
                   std::to_string(kNodeBytesMax) + ", and no '.' at the front");
}

}  // namespace

std::string LakeSettings::place() const {
    std::string path = is_bucket() ? root : root.substr(kFolder.size());
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

BucketAddress LakeSettings::bucket() const {
    return parse_bucket(bucket_settings(*this)).value();
}

Result<void> check_lake(const LakeSettings& lake) {
    if (!lake.enabled) return {};
    if (lake.is_bucket()) {
        const auto bucket = parse_bucket(bucket_settings(lake));
        if (!bucket.ok()) return bucket.error();
    } else {
        SLUICE_TRY_VOID(check_folder(lake.root));
    }
    SLUICE_TRY_VOID(check_node(lake.node));
    if (!lake.catalog.empty()) {
        return invalid("lake.catalog: catalogs are not supported; leave it empty");
    }
    if (lake.publish_after.ns < kSecondNs) return invalid("lake.publish-after: at least 1s");
    if (lake.retention != "keep" && lake.retention != "follow") {
        return invalid("lake.retention: keep or follow");
    }
    return {};
}

}  // namespace sluice::server
