// halogram list: the catalogue.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "generators/catalogue/catalogue.h"
#include "tools/kernel_arguments.h"

namespace halogram {

namespace {

nlohmann::ordered_json as_json(const CatalogueEntry& e) {
    nlohmann::ordered_json parameters = nlohmann::ordered_json::array();
    for (const CatalogueParameter& p : e.parameters)
        parameters.push_back({{"name", p.name},
                              {"description", p.description},
                              {"kind", p.integer       ? "integer"
                                       : p.per_feature ? "per feature"
                                                       : "scalar"}});
    return {{"name", e.name},
            {"kind", e.kind == EntryKind::Kernel ? "kernel" : "distance"},
            {"formula", e.formula},
            {"parameters", parameters},
            {"domain", domain_name(e.domain)},
            {"summary", e.summary},
            {"at_zero_by_zero", e.at_zero_by_zero},
            {"boundary_gradient", e.boundary_gradient},
            {"source", e.source}};
}

void print_text() {
    for (const EntryKind kind : {EntryKind::Kernel, EntryKind::Distance}) {
        std::cout << (kind == EntryKind::Kernel ? "Kernels\n" : "\nDistances\n");
        for (const CatalogueEntry& e : catalogue()) {
            if (e.kind != kind) continue;
            std::cout << "  " << e.name << "\n      " << e.summary << "\n      " << e.formula << "\n";
            for (const CatalogueParameter& p : e.parameters)
                std::cout << "      " << p.name << (p.per_feature ? "[d]" : "") << (p.integer ? " (integer)" : "")
                          << ": " << p.description << "\n";
            std::cout << "      domain: " << domain_name(e.domain) << "\n";
        }
    }
}

}  // namespace

void add_list_command(CLI::App& program) {
    auto json = std::make_shared<bool>(false);
    CLI::App* command = program.add_subcommand("list", "Show the catalogue: name, formula, parameters, domain");
    command->add_flag("--json", *json, "As JSON, with edges and sources");
    command->callback([json] {
        if (!*json) return print_text();
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const CatalogueEntry& e : catalogue()) all.push_back(as_json(e));
        std::cout << all.dump(2) << "\n";
    });
}

}  // namespace halogram
