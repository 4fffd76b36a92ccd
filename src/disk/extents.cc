// SPDX-License-Identifier: Apache-2.0
#include "disk/extents.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

namespace coracle {

namespace {

void read_file_at(const Extents::Part& part, uint64_t offset, std::span<char> buffer) {
    size_t done = 0;
    while (done < buffer.size()) {
        size_t count = read_some(part.fd, buffer.data() + done, buffer.size() - done,
                                 static_cast<off_t>(part.from + offset + done), "part of a disk");
        if (count == 0)
            throw Error("a part of the disk is shorter than it was");
        done += count;
    }
}

} // namespace

void Extents::add(std::string bytes) {
    if (bytes.empty())
        return;
    uint64_t size = bytes.size();
    parts_.push_back({size_, size, -1, 0, std::move(bytes)});
    size_ += size;
}

void Extents::add_file(int fd, uint64_t from, uint64_t size) {
    if (size == 0)
        return;
    parts_.push_back({size_, size, fd, from});
    size_ += size;
}

void Extents::add_sparse_file(int fd, uint64_t size) {
    uint64_t at = 0;
    while (at < size) {
        off_t data = ::lseek(fd, static_cast<off_t>(at), SEEK_DATA);
        uint64_t begin = data < 0 ? (errno == ENXIO ? size : at) : static_cast<uint64_t>(data);
        begin = std::min(begin, size);
        add_zeros(begin - at);
        off_t hole = begin < size ? ::lseek(fd, static_cast<off_t>(begin), SEEK_HOLE) : -1;
        uint64_t end = hole < 0 ? size : std::min(static_cast<uint64_t>(hole), size);
        add_file(fd, begin, end - begin);
        at = end;
    }
}

void Extents::add_zeros(uint64_t count) {
    if (count == 0)
        return;
    if (!parts_.empty() && parts_.back().is_zeros())
        parts_.back().size += count;
    else
        parts_.push_back({size_, count});
    size_ += count;
}

void Extents::add(const Extents& other) {
    for (const auto& part : other.parts_) {
        if (part.is_zeros()) {
            add_zeros(part.size);
            continue;
        }
        parts_.push_back(part);
        parts_.back().offset = size_;
        size_ += part.size;
    }
}

void Extents::pad_to(uint64_t offset) {
    if (offset < size_)
        throw Error("parts of a disk overlap: {} is before {}", offset, size_);
    add_zeros(offset - size_);
}

std::vector<Extents::Part>::const_iterator Extents::part_at(uint64_t offset) const {
    auto after = std::ranges::upper_bound(parts_, offset, {}, &Part::offset);
    return after == parts_.begin() ? after : std::prev(after);
}

Extents Extents::slice(uint64_t offset, uint64_t size) const {
    Extents result;
    for (auto part = part_at(offset); part != parts_.end() && result.size_ < size; ++part) {
        uint64_t skip = offset + result.size_ - part->offset;
        uint64_t count = std::min(part->size - skip, size - result.size_);
        if (part->is_zeros())
            result.add_zeros(count);
        else if (part->fd >= 0)
            result.add_file(part->fd, part->from + skip, count);
        else
            result.add(part->bytes.substr(skip, count));
    }
    result.pad_to(size);
    return result;
}

bool Extents::is_hole(uint64_t offset, uint64_t size) const {
    if (offset >= size_)
        return true;
    auto part = part_at(offset);
    while (part != parts_.end() && part->is_zeros() && part->offset < offset + size)
        ++part;
    return part == parts_.end() || part->offset >= offset + size;
}

std::vector<Extents::Run> Extents::data_runs(uint64_t granule) const {
    std::vector<Run> runs;
    auto note = [&](uint64_t from, uint64_t to) {
        from = from / granule * granule;
        to = (to + granule - 1) / granule * granule;
        if (!runs.empty() && from <= runs.back().offset + runs.back().size)
            runs.back().size =
                std::max(to, runs.back().offset + runs.back().size) - runs.back().offset;
        else
            runs.push_back({from, to - from});
    };
    for (const auto& part : parts_) {
        if (part.fd >= 0)
            note(part.offset, part.offset + part.size);
        if (part.fd >= 0 || part.is_zeros())
            continue;
        constexpr size_t piece = 4096;
        for (size_t at = 0; at < part.bytes.size(); at += piece) {
            auto bytes = std::string_view(part.bytes).substr(at, piece);
            if (!is_zero(bytes))
                note(part.offset + at, part.offset + at + bytes.size());
        }
    }
    return runs;
}

void Extents::read_at(uint64_t offset, std::span<char> buffer) const {
    size_t done = 0;
    auto part = offset < size_ ? part_at(offset) : parts_.end();
    for (; part != parts_.end() && done < buffer.size(); ++part) {
        uint64_t skip = offset + done - part->offset;
        auto count =
            static_cast<size_t>(std::min<uint64_t>(part->size - skip, buffer.size() - done));
        auto target = buffer.subspan(done, count);
        if (part->is_zeros())
            std::ranges::fill(target, '\0');
        else if (part->fd >= 0)
            read_file_at(*part, skip, target);
        else
            std::memcpy(target.data(), part->bytes.data() + skip, count);
        done += count;
    }
    std::ranges::fill(buffer.subspan(done), '\0');
}

std::string Extents::read_all() const {
    std::string text(size_, '\0');
    read_at(0, text);
    return text;
}

void Extents::write_to(Sink& sink) const {
    for (const auto& part : parts_)
        if (part.is_zeros())
            write_zeros(sink, part.size);
        else if (part.fd >= 0)
            sink.write_file(part.fd, part.from, part.size);
        else
            sink.write(part.bytes);
}

size_t ExtentsSource::read(std::span<char> buffer) {
    auto count = std::min<uint64_t>(buffer.size(), extents_.size() - offset_);
    extents_.read_at(offset_, buffer.first(count));
    offset_ += count;
    return count;
}

bool is_zero(std::span<const char> bytes) {
    return bytes.empty() ||
           (bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

} // namespace coracle
