// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/deb.h"

#include <cctype>
#include <optional>
#include <utility>

#include "archive/tar_reader.h"
#include "base/error.h"
#include "base/text.h"
#include "io/compress.h"
#include "io/memory.h"

namespace coracle {

namespace {

constexpr std::string_view magic = "!<arch>\n";
constexpr uint64_t control_limit = 16 << 20;
constexpr uint64_t data_limit = uint64_t{8} << 30;

struct Member {
    std::string name;
    uint64_t size = 0;
};

/// Bytes of one ar member, from the source they are in.
class MemberSource : public Source {
public:
    MemberSource(Source& inner, uint64_t size) : inner_(inner), left_(size) {}
    size_t read(std::span<char> buffer) override {
        if (left_ == 0)
            return 0;
        auto part = buffer.first(static_cast<size_t>(std::min<uint64_t>(buffer.size(), left_)));
        size_t count = inner_.read(part);
        if (count == 0)
            throw Error("the archive is truncated");
        left_ -= count;
        return count;
    }

private:
    Source& inner_;
    uint64_t left_;
};

/// The first bytes, then the rest: so that a member's compression can be seen before it is read.
class HeadSource : public Source {
public:
    HeadSource(std::string head, Source& rest) : head_(std::move(head)), rest_(rest) {}
    size_t read(std::span<char> buffer) override {
        if (position_ == head_.size())
            return rest_.read(buffer);
        size_t count = head_.copy(buffer.data(), buffer.size(), position_);
        position_ += count;
        return count;
    }

private:
    std::string head_;
    size_t position_ = 0;
    Source& rest_;
};

/// A member `NAME.tar*` and what it takes to read it, in the order of their making.
struct TarMember {
    TarMember(Source& source, const Member& member, uint64_t limit, std::string_view what)
        : bytes(source, member.size) {
        std::string start(6, '\0');
        start.resize(read_full(bytes, start));
        auto compression = detect_compression(start);
        head = std::make_unique<HeadSource>(std::move(start), bytes);
        unpacked = make_decompressor(*head, compression);
        limited = std::make_unique<LimitedSource>(*unpacked, limit, what);
        TarLimits limits;
        limits.bytes = limit;
        tar = std::make_unique<TarReader>(*limited, limits);
    }
    MemberSource bytes;
    std::unique_ptr<HeadSource> head;
    std::unique_ptr<Source> unpacked;
    std::unique_ptr<LimitedSource> limited;
    std::unique_ptr<TarReader> tar;
};

/// nullopt at the end of the archive.
std::optional<Member> read_member(Source& source) {
    std::string header(60, '\0');
    size_t count = read_full(source, header);
    if (count == 0)
        return std::nullopt;
    if (count != header.size())
        throw Error("the archive is truncated");
    if (header.substr(58) != "`\n")
        throw Error("a member of the archive has a damaged header");
    std::string_view name = trim(std::string_view(header).substr(0, 16));
    if (name.ends_with('/'))
        name.remove_suffix(1);
    auto size = parse_number(trim(std::string_view(header).substr(48, 10)));
    if (!size)
        throw Error("a member of the archive has a damaged size");
    return Member{std::string(name), *size};
}

void skip_exactly(Source& source, uint64_t count) {
    if (skip(source, count) != count)
        throw Error("the archive is truncated");
}

bool is_tar(std::string_view name, std::string_view stem) {
    if (!name.starts_with(stem))
        return false;
    name.remove_prefix(stem.size());
    return name == ".tar" || name == ".tar.gz" || name == ".tar.xz" || name == ".tar.zst";
}

} // namespace

struct DebReader::State {
    Source& source;
    std::string name;
    std::string control;
    std::unique_ptr<TarMember> data;

    std::string frame() const { return fmt::format("while reading the package {}", name); }
    Member need(std::string_view stem);
    void read_control();
};

/// The next member NAME.tar*; members whose names begin with '_' are for others (deb(5)).
Member DebReader::State::need(std::string_view stem) {
    while (auto member = read_member(source)) {
        if (is_tar(member->name, stem))
            return *member;
        if (!member->name.starts_with('_'))
            throw Error("the archive has '{}' where {}.tar should be", member->name, stem);
        skip_exactly(source, member->size + member->size % 2);
    }
    throw Error("the archive has no {}.tar", stem);
}

void DebReader::State::read_control() {
    std::string start(magic.size(), '\0');
    if (read_full(source, start) != start.size() || start != magic)
        throw Error("this is no Debian package");
    auto version = read_member(source);
    if (!version || version->name != "debian-binary" || version->size > 64)
        throw Error("this is no Debian package");
    std::string text(static_cast<size_t>(version->size), '\0');
    read_exactly(source, text, "the archive");
    if (!text.starts_with("2."))
        throw Error("the package has the unknown format '{}'", trim(text));
    skip_exactly(source, version->size % 2);

    auto member = need("control");
    TarMember tar(source, member, control_limit, "the control archive");
    while (auto entry = tar.tar->next())
        if (entry->path.str() == "control" && entry->type == EntryType::regular)
            control = read_all(tar.tar->content(), 1 << 20);
    skip(tar.bytes);
    skip_exactly(source, member.size % 2);
    if (control.empty())
        throw Error("the package has no control file");
}

DebReader::DebReader(Source& source, std::string name)
    : state_(new State{source, std::move(name), {}, nullptr}) {
    within([&] { return state_->frame(); }, [&] { state_->read_control(); });
}

DebReader::~DebReader() = default;

const std::string& DebReader::control() const { return state_->control; }

EntrySource& DebReader::data() {
    if (!state_->data)
        within([&] { return state_->frame(); },
               [&] {
                   auto member = state_->need("data");
                   state_->data = std::make_unique<TarMember>(state_->source, member, data_limit,
                                                              "the package");
               });
    return *state_->data->tar;
}

std::string control_field(std::string_view paragraph, std::string_view field) {
    auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    std::string value;
    bool inside = false;
    for (const auto& line : split(paragraph, '\n')) {
        if (inside && (line.starts_with(' ') || line.starts_with('\t'))) {
            value += "\n" + std::string(trim(line));
            continue;
        }
        if (inside)
            break;
        if (line.size() > field.size() && line[field.size()] == ':' &&
            std::equal(field.begin(), field.end(), line.begin(), same)) {
            inside = true;
            value = trim(std::string_view(line).substr(field.size() + 1));
        }
    }
    return value;
}

} // namespace coracle
