#include "query/go/go_sort.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::query {
namespace {

struct Item {
    double value;
    std::uint64_t place;
};

double value_at(int pattern, std::uint64_t i, std::uint64_t size, std::uint64_t random) {
    switch (pattern) {
        case 0:
            return static_cast<double>(random >> 60);
        case 1:
            return static_cast<double>(i / 3);
        case 2:
            return static_cast<double>((size - i) / 3);
        case 3:
            return static_cast<double>(random >> 40);
        case 4:
            return static_cast<double>(i * i % 17);
        default:
            return static_cast<double>(i < size / 2 ? i / 2 : (size - i) / 2);
    }
}

struct Case {
    std::uint64_t size;
    int pattern;
    std::uint64_t checksum;
};

// The expected orders, as checksums of where the items were before, come from Go 1.26.
TEST(GoSort, LeavesEqualItemsWhereGoLeavesThem) {
    const Case cases[] = {
        {12, 0, 3648687000950772317u},    {12, 1, 3277855377104666553u},
        {12, 2, 6321528304464203599u},    {12, 3, 6340535725815278237u},
        {12, 4, 4472807728902886653u},    {12, 5, 7184731570625957731u},
        {13, 0, 3419231684984159811u},    {13, 1, 13358019448675500175u},
        {13, 2, 4421508406007447257u},    {13, 3, 1563509990053049975u},
        {13, 4, 7760537025801739627u},    {13, 5, 4463926101869850157u},
        {50, 0, 12190234226969608748u},   {50, 1, 17263648858073257450u},
        {50, 2, 10611401131332890148u},   {50, 3, 1012261575186681834u},
        {50, 4, 9693482647607573428u},    {50, 5, 1141984622437674864u},
        {51, 0, 13532539623497407572u},   {51, 1, 11722439715788643848u},
        {51, 2, 722990341676021078u},     {51, 3, 15157013284950331338u},
        {51, 4, 5272897714049964634u},    {51, 5, 13230139602533064374u},
        {200, 0, 11738938210723043851u},  {200, 1, 4886308848179467197u},
        {200, 2, 10603669721795879635u},  {200, 3, 13613992653243457129u},
        {200, 4, 8517265931972623849u},   {200, 5, 1538927896766213321u},
        {1000, 0, 11726659771565082389u}, {1000, 1, 10992378149551695325u},
        {1000, 2, 16291090488573766801u}, {1000, 3, 12203504239991206751u},
        {1000, 4, 12461547566390503967u}, {1000, 5, 12379158758181873303u},
        {5000, 0, 7741796111445198589u},  {5000, 1, 8360184612080058621u},
        {5000, 2, 6104755981368015253u},  {5000, 3, 16301315000954741407u},
        {5000, 4, 199433992874060167u},   {5000, 5, 4709195123443486351u},
    };
    for (const Case& test : cases) {
        std::vector<Item> items(test.size);
        std::uint64_t random = test.size * 7 + static_cast<std::uint64_t>(test.pattern) + 1;
        for (std::uint64_t i = 0; i < test.size; ++i) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            items[i] = {value_at(test.pattern, i, test.size, random), i};
        }
        go_sort(std::span(items), [](const Item& a, const Item& b) { return a.value < b.value; });
        std::uint64_t checksum = 14695981039346656037u;
        for (const Item& item : items) checksum = (checksum ^ item.place) * 1099511628211u;
        EXPECT_EQ(checksum, test.checksum) << test.size << " items, pattern " << test.pattern;
    }
}

}  // namespace
}  // namespace sluice::query
