// A reader of the XML that S3 answers with: small documents of elements and texts.
//
// It is strict, and offers no more than such answers have: no document type, hence no entities of
// its own, and no sections of character data. Attributes are passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::server {

struct XmlElement {
    std::string name;
    std::string text;  // what stands directly in it
    std::vector<XmlElement> children;

    // The first child of that name; null: there is none.
    const XmlElement* find(std::string_view wanted) const;
    // Its text; empty without one.
    std::string_view text_of(std::string_view wanted) const;
};

// kInvalid: it is no such document, or is nested beyond any measure.
Result<XmlElement> parse_xml(std::string_view document);
// The text with what means something in XML written as entities.
std::string xml_text(std::string_view text);

}  // namespace sluice::server
