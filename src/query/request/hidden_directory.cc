#include "sluice/query/hidden_directory.h"

namespace sluice::query {

std::string without_directory(std::string text, std::string_view directory) {
    while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
    // Then everything begins with it.
    if (directory.empty() || directory == "/") return text;
    const std::string prefix = std::string(directory) + '/';
    for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at)) {
        text.erase(at, prefix.size());
    }
    return text;
}

}  // namespace sluice::query
