"""order_customer"""

from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

revision: str = "0c0000000003"
down_revision: Union[str, Sequence[str], None] = "2b0000000002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("customer", sa.Integer))


def downgrade() -> None:
    pass
