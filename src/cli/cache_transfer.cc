// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <unistd.h>

#include <fmt/format.h>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "cli/cache.h"
#include "image/merged_image.h"
#include "io/file_io.h"
#include "store/export.h"
#include "store/import.h"
#include "store/resolve.h"

namespace coracle {

namespace {

struct ExportArguments {
    std::string image;
    std::string format = "oci";
    std::string platform;
    std::string outfile = "-";
    std::string name;
};

void export_files(const Store& store, const Reference& reference, const Platform& platform,
                  Sink& sink) {
    MergedImage merged(store, resolve(store, reference, platform).manifest.layers);
    TarWriter tar(sink);
    copy(*merged.open(), tar);
    tar.finish();
}

void export_to(const ExportArguments& arguments, const Globals& globals, Sink& sink) {
    Store store(globals.cache);
    auto session = store.session();
    Reference reference = Reference::parse(arguments.image);
    std::optional<Platform> platform = Platform::host();
    if (!arguments.platform.empty() && arguments.platform != "all")
        platform = Platform::parse(arguments.platform);
    if (arguments.platform == "all" && arguments.format != "oci")
        throw UsageError("only '--format oci' can hold more than one platform");
    if (arguments.format == "filesystem")
        return export_files(store, reference, *platform, sink);
    if (arguments.platform == "all")
        platform.reset();
    auto format =
        arguments.format == "docker" ? ExportOptions::Format::docker : ExportOptions::Format::oci;
    export_image(store, reference, {format, platform, arguments.name}, sink);
}

void export_image_file(const ExportArguments& arguments, const Globals& globals) {
    if (arguments.outfile == "-") {
        if (::isatty(STDOUT_FILENO))
            throw UsageError("an archive cannot be written to a terminal").hint("--outfile FILE");
        FileSink sink(STDOUT_FILENO, "standard output");
        return export_to(arguments, globals, sink);
    }
    AtomicFile file(arguments.outfile);
    FileSink sink(file.fd(), arguments.outfile);
    export_to(arguments, globals, sink);
    file.commit();
}

struct ImportArguments {
    std::vector<std::string> files;
    std::string output;
    ImportOptions options;
};

std::vector<Imported> import_one(Store& store, const std::string& path,
                                 const ImportOptions& options) {
    if (path == "-") {
        StreamSource source(STDIN_FILENO, "standard input");
        return import_images(store, source, options);
    }
    if (std::filesystem::is_directory(path))
        return import_directory(store, path, options);
    FileSource source(path);
    return import_images(store, source, options);
}

void import_files(const ImportArguments& arguments, Globals& globals) {
    Store store(globals.cache);
    Results results(arguments.output);
    for (const std::string& path : arguments.files) {
        auto imported = within([&] { return fmt::format("while importing '{}'", path); },
                               [&] { return import_one(store, path, arguments.options); });
        for (const Imported& image : imported)
            results.add({{"name", image.name}, {"digest", image.root.digest.str()}});
    }
    results.print(globals);
}

} // namespace

void add_cache_export(CLI::App& cache, Globals& globals) {
    auto& arguments = globals.keep<ExportArguments>();
    auto& command = add_command(cache, "export", "write an image as a tar file",
                                "  coracle cache export --outfile redis.tar redis:8\n"
                                "  coracle cache export --format docker redis:8 | docker load\n"
                                "  coracle cache export --format filesystem redis:8 | tar tv\n");
    command.add_option("IMAGE", arguments.image, "name of the image")->required();
    command
        .add_option("--format", arguments.format,
                    "an OCI layout, what 'docker load' takes, or the image's files")
        ->check(CLI::IsMember({"oci", "docker", "filesystem"}))
        ->capture_default_str();
    command.add_option("--platform", arguments.platform,
                       "which platform (default: this machine's), or 'all' that are here");
    command.add_option("--outfile", arguments.outfile, "where to write; - is standard output")
        ->capture_default_str();
    command.add_option("--name", arguments.name, "the image's name in the archive");
    command.callback([&] { export_image_file(arguments, globals); });
}

void add_cache_import(CLI::App& cache, Globals& globals) {
    auto& arguments = globals.keep<ImportArguments>();
    auto& command = add_command(cache, "import", "read images from tar files and directories",
                                "  coracle cache import redis.tar\n"
                                "  coracle cache import an-oci-layout/\n"
                                "  docker save redis:8 | coracle cache import -\n");
    command
        .add_option("FILE", arguments.files,
                    "tar files, also packed, of OCI layouts or 'docker save'; directories with OCI "
                    "layouts; - is standard input")
        ->required();
    command.add_option("--name", arguments.options.name,
                       "name of the image, whatever the archive calls it");
    command.add_flag("--override", arguments.options.replace,
                     "replace images of the same name in the cache");
    add_output_option(command, arguments.output);
    command.callback([&] { import_files(arguments, globals); });
}

} // namespace coracle
