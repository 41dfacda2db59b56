using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Spark.Temporal.Activities.Disks;

/// <summary>Registration of the look at disks, which activities of batches and of containers share.</summary>
public static class DiskRegistration
{
    /// <summary>Adds it; may be called again. <see cref="DiskOptions"/> are bound by the caller.</summary>
    public static IServiceCollection AddDiskCheck(this IServiceCollection services, Action<DiskOptions>? configure = null)
    {
        services.AddOptions<DiskOptions>().Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DiskOptions>, Validation>());
        services.TryAddSingleton(provider => new DiskCheck(provider.GetRequiredService<IOptions<DiskOptions>>().Value));
        return services;
    }

    private sealed class Validation : IValidateOptions<DiskOptions>
    {
        public ValidateOptionsResult Validate(string? name, DiskOptions options)
        {
            List<ValidationResult> problems = [];
            return Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(problems.Select(problem => $"{DiskOptions.Section}:{string.Join(',', problem.MemberNames)}: {problem.ErrorMessage}"));
        }
    }
}
