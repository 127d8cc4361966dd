// The table of sentences in API.md says what the catalogue of sentences and the write handlers do.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/write/write_refusal.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

struct Statuses {
    std::string v1;
    std::string v2;
};

// Reads the rows "| `sentence` | v1 ... / v2 ... |" below the heading; statuses are what their
// column begins with.
std::map<std::string, Statuses> documented() {
    std::map<std::string, Statuses> rows;
    std::ifstream file(SLUICE_API_MD);
    bool in_section = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("#")) in_section = line == "### The sentences that clients look for";
        if (!in_section || !line.starts_with("| `")) continue;
        const std::size_t end = line.find('`', 3);
        const std::string statuses = line.substr(line.find("| ", end) + 2);
        const std::size_t slash = statuses.find(" / ");
        Statuses& row = rows[line.substr(3, end - 3)];
        row.v1 = statuses.substr(0, statuses.find_first_of(" ,"));
        if (slash != statuses.npos) row.v2 = statuses.substr(slash + 3, 3);
    }
    return rows;
}

std::string status_of(WriteApi api, const Error& error) {
    WriteRequest request;
    request.api = api;
    const std::optional<WriteRefusal> refusal = refusal_of(request, error);
    return refusal ? std::to_string(refusal->status) : "503";
}

TEST(Sentences, AreThoseOfTheDocument) {
    const std::vector<std::string> catalogue = {
        model::database_not_found("NAME").message,
        model::retention_policy_not_found("NAME").message,
        model::database_name_required().message,
        model::user_not_found().message,
        model::user_exists().message,
        model::user_name_required().message,
        model::partial_write("REASON", 7)
            .replace(model::partial_write("REASON", 7).size() - 1, 1, "N"),
        model::key_too_long(70'000, 65'535),
        std::string(model::kBeyondRetention),
        std::string(model::kBodyTooLarge),
        std::string(model::kServerBusy),
        std::string(model::kTooManyBytesInFlight),
    };
    std::map<std::string, Statuses> rows = documented();
    for (const std::string& sentence : catalogue) {
        EXPECT_EQ(rows.erase(sentence), 1U) << "not in API.md: " << sentence;
    }
    for (const auto& [sentence, statuses] : rows) {
        ADD_FAILURE() << "in API.md alone: " << sentence;
    }
}

TEST(Sentences, HaveTheStatusesOfTheDocument) {
    const std::map<std::string, Statuses> rows = documented();
    const std::vector<Error> errors = {
        model::database_not_found("NAME"),
        model::retention_policy_not_found("NAME"),
        {ErrorKind::kTooLarge, std::string(model::kBodyTooLarge)},
        {ErrorKind::kBusy, std::string(model::kServerBusy)},
        {ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)},
    };
    for (const Error& error : errors) {
        SCOPED_TRACE(error.message);
        ASSERT_TRUE(rows.contains(error.message));
        EXPECT_EQ(rows.at(error.message).v1, status_of(WriteApi::kV1, error));
        EXPECT_EQ(rows.at(error.message).v2, status_of(WriteApi::kV2, error));
    }
}

}  // namespace
}  // namespace sluice::server
