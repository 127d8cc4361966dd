// Texts for clients, who need not know where the server keeps its files.
#pragma once

#include <string>
#include <string_view>

namespace sluice::query {

// `text` with the names of files in `directory` as seen from there: "open stores/0001/MANIFEST-3:
// ...".
std::string without_directory(std::string text, std::string_view directory);

}  // namespace sluice::query
