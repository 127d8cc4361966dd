// The loop of line_run.h. Included by line_run_<kernel>.cc inside a namespace of their own, after a
// `Kernel` with the four byte searches; everything else here is the same for all.
//
// No include guard: every kernel compiles its own copy, so that no inline function built for one
// instruction set is linked into another.

// `12.34,` and `12i ` with everything in eight bytes, without a sign; other numbers go to
// LineRun::read_number.
inline const char* read_short_number(const char* at, StagedValue& value, std::uint64_t sign) {
    const std::uint64_t bytes = load_le<std::uint64_t>(at);
    const std::uint64_t digits = digits_of(bytes);
    const std::uint64_t stops = non_digits(digits);
    const std::uint64_t after = stops & (stops - 1);
    if (after == 0) return nullptr;
    const auto whole = static_cast<unsigned>(std::countr_zero(stops)) / 8;
    const auto end = static_cast<unsigned>(std::countr_zero(after)) / 8;
    const auto stop = static_cast<char>(bytes >> (whole * 8));
    if (stop == '.') [[likely]] {
        if (end == 1 || !ends_value(static_cast<char>(bytes >> (end * 8)))) return nullptr;
        const std::uint64_t low = (std::uint64_t{1} << (whole * 8)) - 1;
        const std::uint64_t joined = (digits & low) | ((digits >> 8) & ~low);
        const auto mantissa =
            static_cast<double>(static_cast<std::int64_t>(eight_digits(joined << (72 - end * 8))));
        const double number = mantissa / kExactPowersOfTen[end - 1 - whole];
        value.word = std::bit_cast<std::uint64_t>(number) | sign;
        value.type = model::FieldType::kFloat;
        return at + end;
    }
    if (whole == 0) return nullptr;
    const auto number = static_cast<std::int64_t>(eight_digits(digits << (64 - whole * 8)));
    if (ends_value(stop)) {
        value.word = std::bit_cast<std::uint64_t>(static_cast<double>(number)) | sign;
        value.type = model::FieldType::kFloat;
        return at + whole;
    }
    if (stop != 'i' || end != whole + 1) return nullptr;
    if (!ends_value(static_cast<char>(bytes >> (end * 8)))) return nullptr;
    value.word = static_cast<std::uint64_t>(sign == 0 ? number : -number);
    value.type = model::FieldType::kInteger;
    return at + end;
}

inline const char* read_string(LineRun& run, const char* at, StagedValue& value) {
    const char* const begin = at + 1;
    const char* end = Kernel::find_string_end(begin, run.limit);
    bool escaped = false;
    while (end < run.limit && *end == '\\') {
        escaped = true;
        end = Kernel::find_string_end(end + 2, run.limit);
    }
    if (end >= run.limit || !ends_value(end[1])) return nullptr;
    const auto size = static_cast<std::size_t>(end - begin);
    if (size > run.request.options.string_bytes_max) return nullptr;
    value.type = model::FieldType::kString;
    if (escaped) {
        run.stage_escaped({begin, size}, value);
        return end + 1;
    }
    value.word = reinterpret_cast<std::uintptr_t>(begin + run.to_body);
    value.size = static_cast<std::uint32_t>(size);
    return end + 1;
}

inline const char* read_value(LineRun& run, const char* at, StagedValue& value) {
    constexpr std::uint64_t kMinus = std::uint64_t{1} << 63;
    const char c = *at;
    const char* end = nullptr;
    // The sign is a branch of its own: as arithmetic it would lie between one value and the next.
    if ((c >= '0' && c <= '9') || c == '.') [[likely]] {
        end = read_short_number(at, value, 0);
    } else if (c == '-') {
        end = read_short_number(at + 1, value, kMinus);
    } else if (c == '"') {
        return read_string(run, at, value);
    } else {
        return LineRun::read_boolean(at, value);
    }
    return end != nullptr ? end : LineRun::read_number(at, run.limit + LineRun::kMargin, value);
}

// The series of the line, or what is needed to make it.
struct KeyGuess {
    const char* end = nullptr;  // null: not plain
    model::SpellingId spelling = model::SeriesIndex::kNone;
    std::uint64_t hash = 0;
};

inline KeyGuess read_key(LineRun& run, const char* at) {
    model::SeriesIndex& index = run.request.index;
    constexpr model::SpellingId kNone = model::SeriesIndex::kNone;
    KeyGuess key;
    if (run.spelling != kNone) {
        const model::SpellingId guess = index.successor(run.spelling);
        if (guess != kNone) {
            const model::SeriesIndex::Spelling& known = index.spelling(guess);
            if (known.size < static_cast<std::size_t>(run.limit - at) && at[known.size] == ' ' &&
                Kernel::equal(at, known.bytes, known.size)) [[likely]] {
                key.end = at + known.size;
                key.spelling = guess;
                return key;
            }
        }
    }
    if (*at == ' ' || *at == '\t' || *at == '\0' || *at == '#' || *at == ',') return key;
    const char* end = Kernel::find_key_end(at, run.limit);
    bool escaped = false;
    while (end < run.limit && *end == '\\') {
        escaped = true;
        end = Kernel::find_key_end(end + 2, run.limit);
    }
    constexpr std::ptrdiff_t kPlainKeyBytesMax = 32 * 1024;
    if (end >= run.limit || *end != ' ' || end - at > kPlainKeyBytesMax) return key;
    const std::string_view text(at, static_cast<std::size_t>(end - at));
    if (escaped && !is_settled(text)) return key;
    key.hash = hash_bytes(text);
    key.spelling = index.find(text, key.hash);
    if (key.spelling == kNone) {
        // Only a series of the measurement at hand can be added on the way.
        if (!escaped && run.shape != nullptr && run.shape->owns(text)) key.end = end;
        return key;
    }
    if (run.spelling != kNone) index.set_successor(run.spelling, key.spelling);
    key.end = end;
    return key;
}

// Stages the values of the line from `at` on; null where a field is not plain.
inline const char* read_fields(LineRun& run, const char* at, std::size_t& count) {
    FieldShape& shape = *run.shape;
    ShapeField* const fields = shape.fields.data();
    StagedValue* const values = run.values.data();
    std::uint32_t field = shape.first;
    std::uint32_t previous = FieldShape::kNone;
    for (std::size_t n = 0;; ++n) {
        if (at >= run.limit || n == run.values.size()) return nullptr;
        if (!Kernel::matches(at, fields[field]) || (fields[field].size > ShapeField::kHeadBytes &&
                                                    !matches_long(at, run.limit, fields[field]))) {
            field = shape.find(at, run.limit, previous);
            if (field == FieldShape::kNone) return nullptr;
            (previous == FieldShape::kNone ? shape.first : fields[previous].next) = field;
        }
        at = read_value(run, at + fields[field].size, values[n]);
        if (at == nullptr) return nullptr;
        values[n].field = static_cast<std::uint16_t>(field);
        if (*at != ',') {
            count = n + 1;
            return at;
        }
        ++at;
        previous = field;
        field = fields[field].next;
    }
}

// After the fields: a space and digits, or nothing. Leaves `at` on the newline.
inline const char* read_line_time(LineRun& run, const char* at, model::Timestamp& time) {
    if (*at == '\n') {
        time = run.request.default_time;
        return at;
    }
    ++at;
    if (at >= run.limit) return nullptr;
    const std::uint64_t first = load_le<std::uint64_t>(at);
    const std::uint64_t second = load_le<std::uint64_t>(at + 8);
    const std::uint32_t third = load_le<std::uint32_t>(at + 16);
    if (((first ^ load_le<std::uint64_t>(run.time_text)) |
         (second ^ load_le<std::uint64_t>(run.time_text + 8)) |
         (third ^ load_le<std::uint32_t>(run.time_text + 16))) == 0) [[likely]] {
        time = run.time;
        return at + 19;
    }
    std::int64_t number;
    const char* end = LineRun::read_time(at, run.limit + LineRun::kMargin, number);
    if (end == nullptr ||
        __builtin_mul_overflow(number, static_cast<std::int64_t>(run.request.options.precision),
                               &time) ||
        time < model::kTimestampMin || time > model::kTimestampMax) {
        return nullptr;
    }
    if (end - at == 19) {
        std::memcpy(run.time_text, at, 20);
        run.time = time;
    }
    return end;
}

inline bool add_row(LineRun& run, const KeyGuess& key, std::string_view key_text,
                    model::Timestamp time, std::size_t count) {
    model::SeriesIndex& index = run.request.index;
    model::SpellingId spelling = key.spelling;
    if (spelling == model::SeriesIndex::kNone) {
        spelling = run.add_series(key_text, key.hash);
        if (spelling == model::SeriesIndex::kNone) return false;
        if (run.spelling != model::SeriesIndex::kNone) index.set_successor(run.spelling, spelling);
        if (index.measurement(index.spelling(spelling).series) != run.shape->measurement()) {
            return false;
        }
    }
    FieldShape& shape = *run.shape;
    if (shape.request != run.request_number || !shape.table->shard.range.contains(time))
        [[unlikely]] {
        run.select_table(time);
    }
    model::BatchTable& table = *shape.table;
    const std::uint32_t row = table.rows();
    const ShapeField* const fields = shape.fields.data();
    const StagedValue* const values = run.values.data();
    for (std::size_t n = 0; n < count; ++n) {
        const StagedValue& value = values[n];
        const ShapeField& field = fields[value.field];
        if (field.column == ShapeField::kNoColumn || field.type != value.type) [[unlikely]] {
            shape.resolve(value.field, value.type);
        }
        model::BatchColumn& column = table.columns[field.column];
        if (model::is_word_type(value.type)) [[likely]] {
            column.set_word(row, value.word);
        } else if (value.type == model::FieldType::kString) {
            column.set_text(row, {reinterpret_cast<const char*>(value.word), value.size});
        } else {
            column.set_flag(row, value.word != 0);
        }
    }
    table.series.push_back(index.spelling(spelling).series);
    table.times.push_back(time);
    table.lines.push_back(run.request.result.lines);
    run.spelling = spelling;
    return true;
}

// Takes the line at the cursor; false, and nothing happened, where it is not plain.
inline bool take_line(LineRun& run) {
    const char* const begin = run.cursor;
    const KeyGuess key = read_key(run, begin);
    if (key.end == nullptr) return false;
    if (key.spelling != model::SeriesIndex::kNone) {
        const model::SeriesIndex& index = run.request.index;
        const model::MeasurementId measurement =
            index.measurement(index.spelling(key.spelling).series);
        if (run.shape == nullptr || run.shape->measurement() != measurement) {
            run.shape = run.shapes.find(measurement);
            if (run.shape == nullptr) return false;
        }
    }
    if (run.shape->fields.empty()) return false;
    std::size_t count = 0;
    model::Timestamp time = 0;
    const char* at = read_fields(run, key.end + 1, count);
    if (at == nullptr) return false;
    at = read_line_time(run, at, time);
    if (at == nullptr || !run.request.shards.takes(time)) return false;
    ++run.request.result.lines;
    if (!add_row(run, key, {begin, static_cast<std::size_t>(key.end - begin)}, time, count)) {
        --run.request.result.lines;
        return false;
    }
    ++run.request.result.rows;
    run.cursor = at + 1;
    return true;
}

LineRun::Stop run_lines(LineRun& run) {
    while (run.cursor < run.limit) {
        if (!take_line(run)) return LineRun::Stop::kCareful;
    }
    return LineRun::Stop::kEnd;
}
