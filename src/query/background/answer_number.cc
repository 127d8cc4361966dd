#include "query/background/answer_number.h"

#include <simdjson.h>

#include "sluice/io/reactor.h"
#include "sluice/query/statement_executor.h"

namespace sluice::query {
namespace {

using Number = std::optional<std::uint64_t>;

// Keeps the answer's text; it is one small row or an error.
class AnswerKeeper final : public AnswerSink {
public:
    void begin(const AnswerStart&) override {}
    io::Task<Result<void>> write(std::string_view bytes) override {
        constexpr std::size_t kAnswerBytesMax = 64 * 1024;
        if (text_.size() + bytes.size() > kAnswerBytesMax) {
            co_return Error{ErrorKind::kTooLarge, "the answer is no number"};
        }
        text_ += bytes;
        co_return Result<void>();
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

// {"results":[{"series":[{"columns":[...],"values":[[...,n]]}]}]} or an error in it.
Result<Number> number_of(const std::string& answer, std::uint32_t column) {
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    if (parser.parse(answer).get(document) != simdjson::SUCCESS) {
        return Error{ErrorKind::kInvalid, "the answer cannot be read"};
    }
    std::string_view error;
    if (document["error"].get(error) == simdjson::SUCCESS ||
        document.at_pointer("/results/0/error").get(error) == simdjson::SUCCESS) {
        return Error{ErrorKind::kInvalid, std::string(error)};
    }
    simdjson::dom::element value;
    const std::string place = "/results/0/series/0/values/0/" + std::to_string(column);
    if (document.at_pointer(place).get(value) != simdjson::SUCCESS) return Number();
    std::uint64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS) {
        return Error{ErrorKind::kInvalid, "the answer is no number"};
    }
    return Number(number);
}

}  // namespace

io::Task<Result<Number>> ask_for_number(StatementExecutor& executor, std::string database,
                                        std::string statement, std::uint32_t column) {
    QueryRequest request;
    request.text = std::move(statement);
    request.database = std::move(database);
    AnswerKeeper answer;
    SLUICE_CO_TRY_VOID(co_await executor.execute(std::move(request), answer));
    co_return number_of(answer.text(), column);
}

}  // namespace sluice::query
