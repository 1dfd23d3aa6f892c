#include "library/c_header.h"

#include "library/c_text.h"
#include "library/embedded_text.h"
#include "library/error.h"
#include "library/signature.h"

namespace halogram {
namespace {

// One comment in Doxygen's style from paragraphs and lists, each entry already on its own line or lines.
class Comment {
public:
    void paragraph(const std::string& text) { add(c_wrapped(c_comment_text(text), " * ")); }
    void tag(const std::string& text) { text_ += c_wrapped(c_comment_text(text), " * "); }
    // Formulas stay as they are, however many marks they hold that Doxygen would read.
    void code(const std::vector<std::string>& entries) {
        std::string lines;
        for (const std::string& entry : entries) lines += c_wrapped(c_comment_text(entry), " *     ");
        add(" * @code\n" + lines + " * @endcode\n");
    }
    void gap() { text_ += " *\n"; }
    std::string text() const { return "/**\n" + text_ + " */\n"; }

private:
    void add(const std::string& lines) {
        if (!text_.empty()) gap();
        text_ += lines;
    }
    std::string text_;
};

// The name keeps its case: the libraries `rbf` and `RBF` may meet.
std::string include_guard(const std::string& library_name) { return "HALOGRAM_LIBRARY_" + library_name + "_H"; }

std::string feature_count(const KernelInterface& kernel) {
    return kernel.features == 0 ? "d" : std::to_string(kernel.features);
}

std::string symmetry_text(const KernelInterface& kernel) {
    const std::string start = "y = NULL means y = x: then m must equal n and ldy is ignored. ";
    switch (kernel.symmetry) {
        case Symmetry::Bits:
            return start +
                   "k(x, y) and k(y, x) have the same bits: half of the entries are computed and mirrored where that "
                   "is faster, and K has the bits that a copy of x as y would give.";
        case Symmetry::Mathematical:
            return start + "k(x, y) = k(y, x) up to rounding: the entries with i <= j are computed and mirrored.";
        case Symmetry::None: break;
    }
    return start + "No symmetry is assumed: every entry is computed.";
}

std::string parameter_text(const KernelInterface& kernel, const InterfaceParameter& parameter) {
    std::string text = "@param " + parameter.c_name + " ";
    switch (parameter.kind) {
        case ParameterKind::Scalar: text += "scalar parameter"; break;
        case ParameterKind::Integer: text += "integer parameter (no gradient)"; break;
        case ParameterKind::Vector: text += "per-feature parameter, " + feature_count(kernel) + " elements"; break;
    }
    if (parameter.name != parameter.c_name) text += ", `" + parameter.name + "` in the formula";
    return parameter.description.empty() ? text : text + ": " + parameter.description;
}

std::string kernel_comment(const KernelInterface& kernel) {
    Comment comment;
    comment.tag("@defgroup " + kernel.c_name + " " + kernel.c_name);
    if (!kernel.description.empty()) comment.paragraph(kernel.description);
    comment.paragraph("The kernel k(x, y), in " + kernel.dtype + ", " +
                      (kernel.features == 0 ? std::string("of points with any number of features D = d")
                                            : "of points with D = " + feature_count(kernel) + " features") +
                      ":");
    comment.code({formula_with_constants(kernel)});
    if (!kernel.derivatives.empty()) {
        comment.paragraph("Its derivatives:");
        std::vector<std::string> lines;
        for (const auto& [variable, derivative] : kernel.derivatives)
            lines.push_back("dk/d" + variable + " = " + derivative);
        comment.code(lines);
    }
    return comment.text();
}

void add_input_tags(Comment& comment, const KernelInterface& kernel) {
    const std::string d = feature_count(kernel);
    comment.gap();
    comment.tag("@param n number of points of x (0 is fine)");
    comment.tag("@param m number of points of y (0 is fine)");
    if (kernel.features == 0) comment.tag("@param d number of features D of every point, at least 1");
    comment.tag("@param x n points, row-major: feature f of point i is x[i * ldx + f]");
    comment.tag("@param ldx leading dimension of x, at least " + d + " elements");
    comment.tag("@param y m points, row-major, or NULL for y = x");
    comment.tag("@param ldy leading dimension of y, at least " + d + " elements");
    for (const InterfaceParameter& parameter : kernel.parameters) comment.tag(parameter_text(kernel, parameter));
}

const char* const return_text =
    "@return HG_OK, or a status that names the argument and the cause (hg_status_string explains it); ";

std::string gram_comment(const KernelInterface& kernel) {
    Comment comment;
    comment.paragraph("@brief The Gram matrix: k[i * ldk + j] = k(x_i, y_j) for 0 <= i < n, 0 <= j < m.");
    comment.paragraph(symmetry_text(kernel));
    add_input_tags(comment, kernel);
    comment.tag("@param k receives the matrix [n, m]; may not overlap an input");
    comment.tag("@param ldk leading dimension of k, at least m elements");
    comment.tag(std::string(return_text) + "on an error of the arguments k is untouched");
    comment.tag("@ingroup " + kernel.c_name);
    return comment.text();
}

std::string gram_vjp_comment(const KernelInterface& kernel) {
    Comment comment;
    const std::string d = feature_count(kernel);
    comment.paragraph(
        "@brief Gradients of a scalar L(K) of the Gram matrix: from g[i * ldg + j] = dL/dK[i, j] (any matrix) "
        "those with respect to the points and the parameters.");
    comment.paragraph(
        "Outputs are overwritten; one that is NULL is not computed. With y = NULL, gx receives the whole "
        "gradient of K(x, x), and gy and ldgy are ignored.");
    add_input_tags(comment, kernel);
    comment.tag("@param g cotangent [n, m]");
    comment.tag("@param ldg leading dimension of g, at least m elements");
    comment.tag("@param gx receives dL/dx [n, " + d + "], or NULL");
    comment.tag("@param ldgx leading dimension of gx, at least " + d + " elements");
    comment.tag("@param gy receives dL/dy [m, " + d + "], or NULL");
    comment.tag("@param ldgy leading dimension of gy, at least " + d + " elements");
    for (const InterfaceParameter& parameter : kernel.parameters) {
        if (parameter.kind == ParameterKind::Integer) continue;
        const std::string shape = parameter.kind == ParameterKind::Vector ? " [" + d + "]" : " (one element)";
        comment.tag("@param g" + parameter.c_name + " receives dL/d" + parameter.c_name + shape + ", or NULL");
    }
    comment.tag(std::string(return_text) + "on an error of the arguments the outputs are untouched");
    comment.tag("@ingroup " + kernel.c_name);
    return comment.text();
}

std::string comment_of(const KernelInterface& kernel, const EntryPoint& entry_point) {
    Comment comment;
    const std::string plain = kernel.c_name + "_" + entry_point.operation;
    switch (entry_point.form) {
        case EntryPointForm::Plain:
            return entry_point.operation == "gram" ? gram_comment(kernel) : gram_vjp_comment(kernel);
        case EntryPointForm::With:
            comment.paragraph("@brief " + plain +
                              " with options (threads, workspace, cancellation, progress); NULL gives the defaults.");
            break;
        case EntryPointForm::Workspace:
            comment.paragraph("@brief The workspace in bytes that " + plain +
                              "_with needs for these options and sizes, so that the call allocates nothing.");
            break;
        case EntryPointForm::ErrorBound:
            comment.paragraph("@brief An upper bound of |k[i * ldk + j] - exact| over all entries that " + plain +
                              " computes in the expanded form; infinite where none is known.");
            add_input_tags(comment, kernel);
            comment.tag("@param bound receives the bound");
            comment.tag(std::string(return_text) + "on an error bound is untouched");
            break;
        case EntryPointForm::Info:
            comment.paragraph(
                "@brief What the library says of this kernel: formula, operations, variants and the one "
                "that runs on this machine. Never NULL.");
            break;
    }
    comment.tag("@ingroup " + kernel.c_name);
    return comment.text();
}

}  // namespace

std::string c_header(const std::vector<KernelInterface>& kernels, const std::string& library_name,
                     const std::string& halogram_version, std::string_view runtime_header) {
    check_kernel_interfaces(kernels);
    const std::string guard = include_guard(library_name);
    std::string result = "/* Made by Halogram " + c_comment_text(halogram_version) + ": the library " + library_name +
                         ". Link lib" + library_name + ".a; it needs libc and threads only. */\n";
    result += "#ifndef " + guard + "\n#define " + guard + "\n\n";
    result += runtime_header;
    if (!runtime_header.ends_with('\n')) result += "\n";
    result += "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
    for (const KernelInterface& kernel : kernels) {
        result += "\n" + kernel_comment(kernel);
        for (const EntryPoint& entry_point : entry_points(kernel))
            result += "\n" + comment_of(kernel, entry_point) + declaration(entry_point, "HG_API ") + ";\n";
    }
    result += "\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* " + guard + " */\n";
    return result;
}

std::string c_header(const std::vector<KernelInterface>& kernels, const std::string& library_name,
                     const std::string& halogram_version) {
    for (const EmbeddedFile& file : embedded_runtime())
        if (file.name == "hg.h") return c_header(kernels, library_name, halogram_version, file.contents);
    throw LibraryError("the program does not carry the runtime's header hg.h");
}

}  // namespace halogram
