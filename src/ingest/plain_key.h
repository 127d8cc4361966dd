// The quick way from a key without backslashes to its canonical form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::ingest {

class PlainKey {
public:
    // The canonical form of `key`: `key` itself or a view into this object, valid until the next
    // call. Empty where the key is not valid, or not obviously so.
    std::string_view canonical(std::string_view key);

private:
    struct Tag {
        std::string_view name;
        std::string_view text;  // `name=value`
    };

    bool split(std::string_view key);

    std::vector<Tag> tags_;
    bool sorted_ = true;
    std::string text_;
};

}  // namespace sluice::ingest
