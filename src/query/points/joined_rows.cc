#include "query/points/joined_rows.h"

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::query {

JoinedRows::JoinedRows(std::vector<Stream> streams, Options options)
    : options_(std::move(options)),
      missing_(options_.fill),
      working_row_(options_.places.count()),
      kept_strings_(options_.places.count()) {
    for (Stream& stream : streams) {
        const std::size_t width = stream.auxiliary.size();
        inputs_.push_back({PointReader(std::move(stream.points), width), std::move(stream.value),
                           std::move(stream.auxiliary)});
    }
    const auto place_of = [this](const influxql::Expr& expr) {
        const std::optional<std::uint32_t> place = options_.places.find(expr);
        return place ? static_cast<int>(*place) : -1;
    };
    std::size_t cost = inputs_.size() + working_row_.size() + options_.columns.size();
    for (const Column& column : options_.columns) {
        if (!column.place) cost += evaluation_cost(&column.expr);
        expressions_.push_back(nullptr);
        if (column.place) {
            SLUICE_CHECK(*column.place < working_row_.size());
            continue;
        }
        expressions_.back() = std::make_unique<RowExpression>(
            column.expr, [&](const influxql::VarRef& ref) { return place_of(ref); },
            [&](const influxql::Call& call) { return place_of(call); });
    }
    rows_max_ = points_per_block(cost);
}

bool JoinedRows::may_resume() const {
    return std::any_of(inputs_.begin(), inputs_.end(),
                       [](const Input& input) { return input.reader.may_resume(); });
}

io::Task<Result<bool>> JoinedRows::next(RowBlock& block) {
    block.clear();
    // The caller no longer looks at the rows of the block before, while their strings are still
    // there: this is the moment to copy those that fill(previous) may show again.
    if (missing_.keeps_previous) keep_strings();
    if (end_is_due_) {
        end_is_due_ = false;
        co_return false;
    }
    for (Input& input : inputs_) input.reader.resume();
    const bool asks_again = inputs_.size() > 1 && may_resume();
    while (block.rows.size() < rows_max_) {
        const bool is_due = std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
            return input.reader.needs_refill();
        });
        if (is_due) {
            // Refilling would free the strings that the rows of `block` refer to.
            if (!block.rows.empty()) break;
            Result<void> read = co_await refill_all();
            if (!read.ok()) co_return std::move(read).error();
        }
        const TaggedPoint* first = nearest();
        if (first == nullptr) {
            end_is_due_ = !block.rows.empty();
            break;
        }
        const TagSet* tags = first->tags;
        const model::Timestamp time = first->point.time;
        if (tags != tags_) {
            tags_ = tags;
            std::fill(working_row_.begin(), working_row_.end(), Value());
        }
        if (asks_again) {
            Result<void> read = co_await ask_again();
            if (!read.ok()) co_return std::move(read).error();
        }
        for (Input& input : inputs_) take(input, tags, time);
        block.rows.push_back({tags, time});
        add_row(block);
        if (asks_again) {
            Result<void> read = co_await ask_again();
            if (!read.ok()) co_return std::move(read).error();
        }
    }
    co_return !block.rows.empty();
}

io::Task<Result<void>> JoinedRows::refill_all() {
    for (Input& input : inputs_) {
        if (!input.reader.needs_refill()) continue;
        Result<void> read = co_await input.reader.refill();
        if (!read.ok()) co_return std::move(read).error();
    }
    co_return Result<void>();
}

// Asks streams again that have ended for once. InfluxDB asks each stream twice for every row:
// before it takes the row and after.
io::Task<Result<void>> JoinedRows::ask_again() {
    for (Input& input : inputs_) {
        if (!input.reader.ended()) continue;
        input.reader.resume();
        if (!input.reader.needs_refill()) continue;
        Result<void> read = co_await input.reader.refill();
        if (!read.ok()) co_return std::move(read).error();
    }
    co_return Result<void>();
}

// Returns the point that comes first in the order of the answer, or null when no stream has one. Of
// equal ones any will do: every stream that has a point there gives it to the same row.
const TaggedPoint* JoinedRows::nearest() const {
    const TaggedPoint* nearest = nullptr;
    const bool up = options_.ascending;
    for (const Input& input : inputs_) {
        if (input.reader.empty()) continue;
        const TaggedPoint& point = input.reader.peek();
        if (nearest == nullptr) {
            nearest = &point;
        } else if (point.tags != nearest->tags) {
            if (precedes(point.tags, nearest->tags, up)) nearest = &point;
        } else if (up ? point.point.time < nearest->point.time
                      : point.point.time > nearest->point.time) {
            nearest = &point;
        }
    }
    return nearest;
}

// Writes what a stream has at this tag set and time into the working row, and for places without a
// value what fill() says.
void JoinedRows::take(Input& input, const TagSet* tags, model::Timestamp time) {
    const auto use_default = [&](const Place& place) {
        missing_.apply(working_row_[place.number], place.type);
    };
    const bool is_here = !input.reader.empty() && input.reader.peek().tags == tags &&
                         input.reader.peek().point.time == time;
    if (!is_here) {
        for (const Place& place : input.value) use_default(place);
        for (const Place& place : input.auxiliary) use_default(place);
        return;
    }
    const Point& point = input.reader.pop().point;
    for (const Place& place : input.value) {
        if (point.value.is_null()) {
            use_default(place);
        } else {
            working_row_[place.number] = point.value;
        }
    }
    const Value* row = input.reader.auxiliary(point);
    for (std::size_t i = 0; i < input.auxiliary.size(); ++i) {
        const Place& place = input.auxiliary[i];
        if (row == nullptr || row[i].is_null()) {
            use_default(place);
        } else {
            working_row_[place.number] = row[i];
        }
    }
}

void JoinedRows::add_row(RowBlock& block) {
    for (std::size_t i = 0; i < expressions_.size(); ++i) {
        block.values.push_back(expressions_[i] != nullptr
                                   ? expressions_[i]->evaluate(working_row_.data())
                                   : working_row_[*options_.columns[i].place]);
    }
}

// Copies the strings of the working row, because fill(previous) shows them again when their owner
// is gone.
void JoinedRows::keep_strings() {
    for (std::size_t i = 0; i < working_row_.size(); ++i) {
        Value& value = working_row_[i];
        if (value.kind() != Value::Kind::kString) continue;
        if (value.as_string().data() == kept_strings_[i].data()) continue;
        kept_strings_[i] = value.as_string();
        value = Value::of_string(kept_strings_[i]);
    }
}

}  // namespace sluice::query
