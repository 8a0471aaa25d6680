# One recipe for every image. SERVICE names the lock file, CODE the folder that goes in beside shared/:
#   docker build --build-arg SERVICE=info_tools --build-arg CODE=services/info_tools .

FROM python:3.13-slim AS build
ARG SERVICE
COPY requirements/${SERVICE}.lock /tmp/requirements.lock
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.lock

FROM python:3.13-slim
ARG SERVICE
ARG CODE
# Named volumes take the owner of the folder they are mounted on.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin app \
 && mkdir -p /app /keys/gateway /keys/info /keys/advisor /keys/executor /keys/redis /keys/functions /keys/admin /audit /assistant /var/lib/sandbox /var/lib/sandbox-session \
 && chown -R app:app /keys /audit /assistant /var/lib/sandbox /var/lib/sandbox-session
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AWS_EC2_METADATA_DISABLED=true
WORKDIR /app
COPY deploy/entrypoint.sh /usr/local/bin/entrypoint
COPY deploy/healthy.py /usr/local/bin/healthy.py
COPY shared shared
COPY cli cli
COPY services/__init__.py services/__init__.py
COPY ${CODE} ${CODE}
# The root file system is read-only, and health checks start Python often.
RUN python -m compileall -q --invalidation-mode unchecked-hash shared cli services ${CODE}
USER app
ENTRYPOINT ["sh", "/usr/local/bin/entrypoint"]
