class CreateStock < ActiveRecord::Migration[7.0]
  def change
    create_table :stock
    add_column :missing, :x, :integer
  end
end
