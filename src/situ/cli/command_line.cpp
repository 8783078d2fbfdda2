// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/command_line.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <new>

#include "situ/cli/command.h"
#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/logging.h"
#include "situ/core/nearest_name.h"
#include "situ/core/version.h"

namespace situ {
namespace {

constexpr int kInterrupted = 130;  // 128 + SIGINT, what shells expect

std::vector<std::string> known_flags(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

const CLI::App& chosen_verb(const CLI::App& app) {
  const std::vector<CLI::App*> verbs = app.get_subcommands();
  return verbs.empty() ? app : chosen_verb(*verbs.front());
}

// CLI11 lists what it did not expect; name the nearest flag or verb of the one that was chosen.
std::string usage_message(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& verb = chosen_verb(program);
  const std::vector<std::string> extra = verb.remaining();
  // An unknown verb is reported as a missing one: what was not understood says more.
  const bool not_understood = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                              dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (!not_understood || extra.empty()) return error.what();
  if (extra.front().starts_with("-")) {
    return unknown_name_message("option", extra.front(), known_flags(verb));
  }
  std::vector<std::string> verbs;
  for (const CLI::App* known : verb.get_subcommands({})) verbs.push_back(known->get_name());
  return verbs.empty() ? error.what() : unknown_name_message("command", extra.front(), verbs);
}

int report_parse_error(const CLI::App& program, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
  log_error(usage_message(program, error));
  log_error("see: " + program.get_name() + " --help");
  return kUsage;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  install_interrupt_handler();
  CLI::App program(
      "Puts objects into images in context, labels them, and trains the models it uses.", "situ");
  program.set_version_flag("--version", version());
  program.require_subcommand(1);
  int exit_code = kDone;
  add_insert_command(program, exit_code);
  add_inpaint_command(program, exit_code);
  add_imagine_command(program, exit_code);
  add_edit_command(program, exit_code);
  add_generate_command(program, exit_code);
  add_verify_command(program, exit_code);
  add_export_command(program, exit_code);
  add_pack_commands(program, exit_code);
  add_evaluate_command(program, exit_code);
  add_ground_command(program, exit_code);
  add_datasets_command(program, exit_code);
  add_report_command(program, exit_code);
  add_models_command(program, exit_code);
  add_train_command(program, exit_code);
  try {
    program.parse(argc, argv);
    return exit_code;
  } catch (const CLI::ParseError& error) {
    return report_parse_error(program, error);
  } catch (const Interrupted& error) {
    log_error(error.what());
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    log_error("out of memory: use smaller images, a smaller model or a machine with more memory");
    return kFailed;
  } catch (const std::invalid_argument& error) {
    log_error(error.what());
    return kUsage;
  } catch (const std::exception& error) {
    log_error(error.what());
    return kFailed;
  }
}

}  // namespace situ
