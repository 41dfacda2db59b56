using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Spark.Temporal.Workers;

/// <summary>Checks the section <c>Worker</c> at start; each finding names its field.</summary>
internal sealed class WorkerOptionsValidator : IValidateOptions<WorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, WorkerOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        var findings = results
            .Select(result => $"{WorkerOptions.Section}:{string.Join(",", result.MemberNames)}: {result.ErrorMessage}").ToList();

        string[] known = [WorkerOptions.WorkflowsRole, WorkerOptions.LlmRole, WorkerOptions.SandboxRole];
        var roles = options.RoleNames();
        var unknown = roles.Except(known).ToList();
        if (roles.Count == 0 || unknown.Count > 0)
        {
            findings.Add(
                $"{WorkerOptions.Section}:Roles: '{(unknown.Count > 0 ? unknown[0] : options.Roles)}' is not a role; use {string.Join(", ", known)}");
        }

        return findings.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(findings);
    }
}
