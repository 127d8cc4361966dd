// What a store answers: any bytes are read into a document, whose text gives the same document once
// more, or refused. And the texts of an operator: a file of credentials, a root and an endpoint.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/config/bucket_address.h"
#include "server/s3/credentials_source.h"
#include "server/s3/object_place.h"
#include "server/s3/xml_element.h"

namespace {

using namespace sluice;
using namespace sluice::server;

std::string written(const XmlElement& element) {
    std::string out = '<' + element.name + '>' + xml_text(element.text);
    for (const XmlElement& child : element.children) out += written(child);
    return out + "</" + element.name + '>';
}

bool are_same(const XmlElement& a, const XmlElement& b) {
    if (a.name != b.name || a.text != b.text || a.children.size() != b.children.size())
        return false;
    for (std::size_t i = 0; i < a.children.size(); ++i) {
        if (!are_same(a.children[i], b.children[i])) return false;
    }
    return true;
}

void check_document(std::string_view text) {
    const Result<XmlElement> read = parse_xml(text);
    if (!read.ok()) return;
    const Result<XmlElement> again = parse_xml(written(*read));
    if (!again.ok() || !are_same(*read, *again)) std::abort();
}

void check_credentials(std::string_view text) {
    const Result<S3Credentials> read = parse_credentials(text);
    if (!read.ok()) {
        if (read.error().message.empty()) std::abort();
        return;
    }
    if (read->key_id.empty() || read->secret.empty()) std::abort();
    // Nothing of it may end a header.
    for (const std::string* part : {&read->key_id, &read->secret, &read->session_token}) {
        if (part->find_first_of("\r\n\t ") != std::string::npos) std::abort();
    }
}

void check_bucket(std::string_view text) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return;
    const std::string root = "s3://" + std::string(text.substr(0, end));
    for (const bool path_style : {false, true}) {
        const auto read =
            parse_bucket({root, std::string(text.substr(end + 1)), "us-east-1", path_style});
        if (!read.ok()) {
            if (!read.error().message.starts_with("lake.")) std::abort();
            continue;
        }
        if (host_of(*read).find_first_of("\r\n /") != std::string::npos) std::abort();
        if (!path_of(*read, "k").ends_with("/k")) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
        case 0:
            check_credentials(text);
            break;
        case 1:
            check_bucket(text);
            break;
        default:
            check_document(text);
    }
    return 0;
}
