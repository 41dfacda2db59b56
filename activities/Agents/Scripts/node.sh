# For scripts that install agents of npm's.

# spark_debian PACKAGE...: unpacks Debian's packages and what they need, without setting any of them up: npm alone are hundreds. For
# stages that are thrown away.
spark_debian() {
    mkdir -p /tmp/spark-debs/partial
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends --download-only -o Dir::Cache::archives=/tmp/spark-debs "$@"
    printf '%s\n' /tmp/spark-debs/*.deb | xargs -P 4 -I '{}' sh -c 'dpkg-deb --fsys-tarfile "{}" | tar -xf - -C / --keep-directory-symlink'
    ldconfig
    if command -v update-ca-certificates > /dev/null 2>&1; then update-ca-certificates > /dev/null 2>&1 || true; fi
    rm -rf /tmp/spark-debs
}

# spark_npm PACKAGE VERSION PROGRAM: installs a package below /opt/spark-agents, with a Node of its own where the image has none
# or an old one, and puts its program into /usr/local/bin. Nothing else of the image's paths changes.
spark_npm() {
    _root=/opt/spark-agents
    export npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false npm_config_loglevel=error npm_config_cache=/tmp/spark-npm
    mkdir -p "$_root"
    _node=$(command -v node 2>/dev/null || true)
    if [ -z "$_node" ] || ! command -v npm > /dev/null 2>&1 || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 22 ]; then
        if ! command -v npm > /dev/null 2>&1; then
            if command -v apk > /dev/null 2>&1; then
                apk add --no-cache nodejs npm
            else
                spark_debian ca-certificates nodejs npm
            fi
        fi
        if ! command -v apk > /dev/null 2>&1; then
            case $(uname -m) in aarch64 | arm64) _arch=arm64 ;; *) _arch=x64 ;; esac
            npm install --prefix "$_root/node" --no-save "node-linux-$_arch@22"
            mkdir -p "$_root/bin"
            ln -sf "../node/node_modules/node-linux-$_arch/bin/node" "$_root/bin/node"
            _node=$_root/bin/node
        else
            _node=$(command -v node)
        fi
        PATH=$_root/bin:$PATH
    fi
    # The version is always named: with a bare name npm takes an older one that fits the Node it runs on.
    npm install --prefix "$_root/$3" --no-save "$1@$2"
    _program=$_root/$3/node_modules/.bin/$3
    _line=
    IFS= read -r _line < "$_program" || true
    case $_line in
        '#!'*node*) printf '#!/bin/sh\nexec %s %s "$@"\n' "$_node" "$(readlink -f "$_program")" > "/usr/local/bin/$3" ;;
        *) printf '#!/bin/sh\nexec %s "$@"\n' "$(readlink -f "$_program")" > "/usr/local/bin/$3" ;;
    esac
    chmod 755 "/usr/local/bin/$3"
    rm -rf /tmp/spark-npm
}

# spark_loopback: makes /opt/spark-agents/loopback, for agents that ask only addresses of HTTPS or of loopback. Called with an
# address and a program, it runs the program with a door on loopback that leads there; SPARK_LOOPBACK_VARIABLE names the variable
# that the program reads the address from.
spark_loopback() {
    cp "$SPARK_AGENT_DIR/loopback.js" /opt/spark-agents/loopback.js
    printf '#!/bin/sh\nexec %s /opt/spark-agents/loopback.js "$@"\n' "$_node" > /opt/spark-agents/loopback
    chmod 755 /opt/spark-agents/loopback
}
