from alembic import op
import sqlalchemy as sa

revision = "0d0000000004"
down_revision = "0c0000000003"


def upgrade():
    op.create_table("stock", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("missing", sa.Column("x", sa.Integer))
