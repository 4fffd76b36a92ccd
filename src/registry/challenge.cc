// SPDX-License-Identifier: Apache-2.0
#include "registry/challenge.h"

#include <algorithm>
#include <cctype>

namespace coracle {

namespace {

constexpr size_t max_header = 16 << 10;
constexpr size_t max_parameters = 64;

bool is_token(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// Reads a header from the left.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool at_end() const { return text_.empty(); }
    void skip_spaces() {
        drop([](char c) { return c == ' ' || c == '\t'; });
    }
    void skip_separators() {
        drop([](char c) { return c == ' ' || c == '\t' || c == ','; });
    }
    bool accept(char wanted) {
        if (text_.empty() || text_.front() != wanted)
            return false;
        text_.remove_prefix(1);
        return true;
    }
    void skip_one() { text_.remove_prefix(1); }
    std::string token() {
        size_t end = 0;
        while (end < text_.size() && is_token(text_[end]))
            ++end;
        std::string result(text_.substr(0, end));
        text_.remove_prefix(end);
        std::ranges::transform(result, result.begin(), [](char c) {
            return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        });
        return result;
    }
    std::string value() {
        std::string result;
        if (!accept('"')) {
            while (!text_.empty() && text_.front() != ',' && text_.front() != ' ')
                result += take();
            return result;
        }
        while (!text_.empty() && text_.front() != '"') {
            if (text_.front() == '\\' && text_.size() > 1)
                take();
            result += take();
        }
        accept('"');
        return result;
    }

private:
    template <class Predicate>
    void drop(Predicate predicate) {
        while (!text_.empty() && predicate(text_.front()))
            text_.remove_prefix(1);
    }
    char take() {
        char c = text_.front();
        text_.remove_prefix(1);
        return c;
    }
    std::string_view text_;
};

} // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
    std::vector<Challenge> result;
    Scanner scanner(header.substr(0, max_header));
    for (scanner.skip_separators(); !scanner.at_end(); scanner.skip_separators()) {
        std::string word = scanner.token();
        if (word.empty()) {
            scanner.skip_one();
            continue;
        }
        scanner.skip_spaces();
        // A word before '=' is a parameter of the last challenge, any other begins a new one.
        if (!scanner.accept('=')) {
            result.push_back({std::move(word), {}});
            continue;
        }
        scanner.skip_spaces();
        std::string value = scanner.value();
        if (!result.empty() && result.back().parameters.size() < max_parameters)
            result.back().parameters.emplace(std::move(word), std::move(value));
    }
    return result;
}

std::optional<Challenge> choose_challenge(const std::vector<std::string>& headers) {
    std::optional<Challenge> basic;
    for (const std::string& header : headers)
        for (Challenge& challenge : parse_challenges(header)) {
            if (challenge.scheme == "bearer" && challenge.parameters.contains("realm"))
                return std::move(challenge);
            if (challenge.scheme == "basic" && !basic)
                basic = std::move(challenge);
        }
    return basic;
}

} // namespace coracle
