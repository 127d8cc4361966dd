#include "server/config/lake_settings.h"

#include <string_view>

namespace sluice::server {
namespace {

constexpr std::string_view kFolder = "file://";
constexpr std::size_t kNodeBytesMax = 64;

Error invalid(std::string text) {
    return {ErrorKind::kInvalid, std::move(text)};
}

Result<void> check_root(const std::string& root) {
    if (root.empty()) {
        return invalid("lake.root: a folder is needed, such as \"file:///srv/lake\"");
    }
    if (root.starts_with("s3://")) {
        return invalid("lake.root: S3 is not supported; a folder is, such as \"file:///srv/lake\"");
    }
    if (!root.starts_with(kFolder) || root.size() <= kFolder.size() + 1 ||
        root[kFolder.size()] != '/') {
        return invalid("lake.root: \"" + root +
                       "\" is not file:// and an absolute path, such as \"file:///srv/lake\"");
    }
    return {};
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

std::string LakeSettings::folder() const {
    std::string path = root.substr(kFolder.size());
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

Result<void> check_lake(const LakeSettings& lake) {
    if (!lake.enabled) return {};
    SLUICE_TRY_VOID(check_root(lake.root));
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
