#include "server/s3/xml_element.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(XmlElement, ReadsAnErrorOfS3) {
    const auto root = parse_xml(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Error><Code>NoSuchKey</Code><Message>The key &quot;a&amp;b&quot; &lt;is&gt; not "
        "there&#33;&#xFC;</Message><Empty/></Error>\n");
    ASSERT_TRUE(root.ok());
    EXPECT_EQ(root->name, "Error");
    EXPECT_EQ(root->text_of("Code"), "NoSuchKey");
    EXPECT_EQ(root->text_of("Message"), "The key \"a&b\" <is> not there!\u00FC");
    EXPECT_EQ(root->text_of("Empty"), "");
    EXPECT_EQ(root->text_of("Nope"), "");
    EXPECT_EQ(root->find("Nope"), nullptr);
}

TEST(XmlElement, ReadsAListing) {
    const auto root = parse_xml(
        " <!-- a list --><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<Contents><Key>a</Key></Contents><Contents ><Key a='>' b = \"/\">b</Key ></Contents>"
        "<IsTruncated>false</IsTruncated></ListBucketResult>");
    ASSERT_TRUE(root.ok());
    ASSERT_EQ(root->children.size(), 3u);
    EXPECT_EQ(root->children[0].text_of("Key"), "a");
    EXPECT_EQ(root->children[1].text_of("Key"), "b");
}

TEST(XmlElement, RefusesWhatIsNoDocument) {
    for (const char* text : {"",
                             " ",
                             "text",
                             "<a>",
                             "<a></b>",
                             "<a></a",
                             "<a></a>x",
                             "<a/><b/>",
                             "<a><b></a></b>",
                             "</a>",
                             "<a>&nope;</a>",
                             "<a>&#0;</a>",
                             "<a>&#xD800;</a>",
                             "<a>&#x110000;</a>",
                             "<a>&#;</a>",
                             "<a>&amp</a>",
                             "<a b></a>",
                             "<a b=c></a>",
                             "<a b=\"c></a>",
                             "<>x</>",
                             "<!DOCTYPE a><a/>",
                             "<a><![CDATA[x]]></a>",
                             "<?xml <a/>",
                             "<!-- <a/>"}) {
        EXPECT_FALSE(parse_xml(text).ok()) << text;
    }
}

TEST(XmlElement, EveryTruncationIsRefused) {
    const std::string whole = "<A x=\"1\"><B>t&amp;</B><!-- c --><C/></A>";
    ASSERT_TRUE(parse_xml(whole).ok());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_xml(whole.substr(0, size)).ok()) << size;
    }
}

TEST(XmlElement, DepthIsBounded) {
    const auto nested = [](std::size_t levels) {
        std::string text;
        for (std::size_t i = 0; i < levels; ++i) text += "<a>";
        for (std::size_t i = 0; i < levels; ++i) text += "</a>";
        return parse_xml(text).ok();
    };
    EXPECT_TRUE(nested(16));
    EXPECT_FALSE(nested(17));
    EXPECT_FALSE(nested(1'000'000));
}

TEST(XmlElement, WritesTexts) {
    EXPECT_EQ(xml_text("\"a\"<b>&'c'"), "&quot;a&quot;&lt;b&gt;&amp;&apos;c&apos;");
}

}  // namespace
}  // namespace sluice::server
