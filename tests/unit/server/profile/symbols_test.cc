#include "server/profile/symbols.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace sluice::server {

// It is called by nobody; its address is what counts. Outside of the unnamed namespace, so that the
// linker keeps a symbol for it.
[[gnu::noinline]] int function_with_a_name_of_its_own(int value) {
    asm volatile("" : "+r"(value));
    return value * 3 + 1;
}

namespace {

const std::uintptr_t kOwn = reinterpret_cast<std::uintptr_t>(&function_with_a_name_of_its_own);

TEST(Symbols, NameAFunctionOfTheProgramAsItIsWritten) {
    const Symbols symbols({kOwn});
    const std::string name = symbols.function_at(kOwn);
    EXPECT_EQ(name, "sluice::server::function_with_a_name_of_its_own(int)");
    // Within the function it is the same one, as a sampled address is.
    EXPECT_EQ(symbols.function_at(kOwn + 1), name);
    EXPECT_EQ(symbols.module_of(kOwn), 0);
}

TEST(Symbols, KnowTheModulesWhereCodeLies) {
    const Symbols symbols({kOwn});
    ASSERT_FALSE(symbols.modules().empty());
    const CodeModule& program = symbols.modules().front();
    EXPECT_NE(program.path.find('/'), std::string::npos);
    EXPECT_LE(program.begin, kOwn);
    EXPECT_GT(program.end, kOwn);
    for (std::size_t i = 0; i < symbols.modules().size(); ++i) {
        const CodeModule& module = symbols.modules()[i];
        EXPECT_LT(module.begin, module.end) << module.path;
        EXPECT_EQ(symbols.module_of(module.begin), static_cast<int>(i)) << module.path;
        EXPECT_NE(symbols.module_of(module.end), static_cast<int>(i)) << module.path;
        for (const char c : module.build_id)
            EXPECT_TRUE(std::isxdigit(static_cast<unsigned char>(c)));
    }
}

TEST(Symbols, ReadOnlyTheFilesThatAreNeeded) {
    const auto library = reinterpret_cast<std::uintptr_t>(&std::abort);
    const Symbols own_only({kOwn});
    EXPECT_EQ(own_only.function_at(library), "");
    const Symbols both({kOwn, library});
    EXPECT_NE(both.module_of(library), both.module_of(kOwn));
    EXPECT_NE(both.function_at(library), "");
}

TEST(Symbols, HaveNothingToSayAboutOtherAddresses) {
    const Symbols symbols({0, 1, ~std::uintptr_t{0}});
    for (const std::uintptr_t address :
         {std::uintptr_t{0}, std::uintptr_t{1}, ~std::uintptr_t{0}}) {
        EXPECT_EQ(symbols.module_of(address), -1);
        EXPECT_EQ(symbols.function_at(address), "");
    }
    EXPECT_EQ(symbols.function_at(kOwn), "");
}

}  // namespace
}  // namespace sluice::server
