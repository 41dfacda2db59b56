# Built by infra/images/build.sh, whose context holds nothing but a published build.
ARG BASE=debian:bookworm-slim
FROM ${BASE}

# What a self-contained build asks of its system: OpenSSL, and whom to trust. Texts need no ICU (InvariantGlobalization).
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 spark \
    && useradd --uid 10001 --gid spark --home-dir /var/lib/spark --create-home --shell /usr/sbin/nologin spark

COPY LICENSE NOTICE /usr/share/doc/spark-temporal/
COPY healthcheck.sh /usr/local/bin/spark-healthcheck
COPY spark-worker /opt/spark-worker

# Behind the copies, so that another version does not install the packages again.
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="spark-worker" \
    org.opencontainers.image.description="Runs the workflows, model calls and containers of Spark.Temporal." \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"

# Keys and the server's address come with `docker run --env-file` or a secret of the cluster, never from here.
ENV SPARK_HEALTH_PORT=8080 \
    SPARK_HEALTH_ADDRESS=* \
    DOTNET_EnableDiagnostics=0

# The host's name and, in a folder, the artifact store: what must survive the container.
WORKDIR /var/lib/spark
VOLUME /var/lib/spark

# As a number, so that a cluster can see that it is not root. Its own group reaches no Docker socket: see README.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["spark-healthcheck"]
ENTRYPOINT ["/opt/spark-worker/spark-worker"]
