# Built by infra/images/build.sh, whose context holds nothing but a published build.
ARG BASE=debian:bookworm-slim
FROM ${BASE}

# What a self-contained build asks of its system: OpenSSL, and whom to trust. Texts need no ICU (InvariantGlobalization).
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 spark \
    && useradd --uid 10001 --gid spark --home-dir /var/lib/spark --create-home --shell /usr/sbin/nologin spark

# Tasks are read and results written here; mount a folder over it, with `--user` of its owner.
RUN install -d -o spark -g spark /work
WORKDIR /work

COPY LICENSE NOTICE /usr/share/doc/spark-temporal/
COPY spark /opt/spark

# Behind the copies, so that another version does not install the packages again.
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="spark" \
    org.opencontainers.image.description="The command of Spark.Temporal: starts, follows and steers runs on a cluster." \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"

ENV DOTNET_EnableDiagnostics=0
USER 10001:10001
ENTRYPOINT ["/opt/spark/spark"]
