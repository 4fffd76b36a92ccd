// SPDX-License-Identifier: Apache-2.0
#include "filesystem/image.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle {

uint16_t mode_of(const TreeNode& node) {
    mode_t type = S_IFREG;
    switch (node.type) {
    case EntryType::directory: type = S_IFDIR; break;
    case EntryType::symlink: type = S_IFLNK; break;
    case EntryType::character: type = S_IFCHR; break;
    case EntryType::block: type = S_IFBLK; break;
    case EntryType::fifo: type = S_IFIFO; break;
    case EntryType::regular:
    case EntryType::hard_link: break;
    }
    return static_cast<uint16_t>(type | (node.mode & 07777));
}

unsigned char directory_type(EntryType type) {
    switch (type) {
    case EntryType::directory: return 2;
    case EntryType::character: return 3;
    case EntryType::block: return 4;
    case EntryType::fifo: return 5;
    case EntryType::symlink: return 7;
    case EntryType::regular:
    case EntryType::hard_link: break;
    }
    return 1;
}

uint32_t link_count(const Tree& tree, const TreeNode& node) {
    if (!node.is_directory())
        return node.names;
    auto below = std::ranges::count_if(
        node.children, [&](const auto& child) { return tree.at(child.second).is_directory(); });
    return static_cast<uint32_t>(2 + below);
}

std::vector<uint32_t> nodes_in_order(const Tree& tree) {
    std::vector<uint32_t> order;
    std::vector<bool> seen(tree.size());
    std::vector<uint32_t> todo = {Tree::root};
    while (!todo.empty()) {
        uint32_t node = todo.back();
        todo.pop_back();
        if (seen[node])
            continue;
        seen[node] = true;
        order.push_back(node);
        const auto& children = tree.at(node).children;
        for (auto child = children.rbegin(); child != children.rend(); ++child)
            todo.push_back(child->second);
    }
    return order;
}

void copy_range(int from, off_t from_offset, int to, off_t to_offset, uint64_t size) {
    while (size > 0) {
        ssize_t done = ::copy_file_range(from, &from_offset, to, &to_offset, size, 0);
        if (done <= 0)
            break;
        size -= static_cast<uint64_t>(done);
    }
    // Old kernels and other file systems: through memory.
    std::vector<char> buffer(size > 0 ? 256 << 10 : 0);
    while (size > 0) {
        size_t want = std::min<uint64_t>(buffer.size(), size);
        size_t count = read_some(from, buffer.data(), want, from_offset, "temporary file");
        if (count == 0)
            throw Error("the temporary file is truncated");
        ssize_t put = ::pwrite(to, buffer.data(), count, to_offset);
        if (put < 0)
            throw Error::system(errno, "write an image");
        from_offset += put;
        to_offset += put;
        size -= static_cast<uint64_t>(put);
    }
}

} // namespace coracle
